// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/create_bundle.hpp"

namespace agent::operations {

struct ConvertBundleRequest {
    std::filesystem::path file;
    std::filesystem::path key;
    std::filesystem::path certificate;
    /// Empty for none.
    std::filesystem::path chain;
    /// What it is to have; not registry.
    ImagesKind images = ImagesKind::store;
    /// Empty: `<id>_<version>-<kind>.bundle` in the working directory.
    std::filesystem::path output;
};

/// Makes of a bundle file one of the same version, files and images that has these the other way.
/// The file is checked against its manifest, but not whose signature it has: who converts it signs
/// it anew. ErrorCode::usage where it has its images that way, or none.
[[nodiscard]] model::Result<CreatedBundle> convert_bundle(const Context& context,
                                                          const ConvertBundleRequest& request);

}  // namespace agent::operations
