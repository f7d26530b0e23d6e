// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "agent/operations/context.hpp"

namespace agent::operations {

struct CreateBundleRequest {
    std::filesystem::path description;
    std::filesystem::path key;
    std::filesystem::path certificate;
    /// Empty for none.
    std::filesystem::path chain;
    /// An OCI image layout to take the images from; empty for the local store.
    std::filesystem::path layout;
    /// `files/` or `licenses/` members: FILE or FILE:PATH-IN-BUNDLE.
    std::vector<std::string> add;
    /// Empty: `<id>_<version>.bundle` in the working directory.
    std::filesystem::path output;
};

struct CreatedBundle {
    std::filesystem::path file;
    model::BundleId id;
    model::Version version;
    model::Sha256 digest;
    std::uint64_t size = 0;
    /// Image name to its id after conversion.
    std::map<std::string, model::Sha256> images;
};

/// Makes a signed bundle file from a description and the images that it names.
[[nodiscard]] model::Result<CreatedBundle> create_bundle(const Context& context,
                                                         const CreateBundleRequest& request);

}  // namespace agent::operations
