// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/operations/context.hpp"

namespace agent::operations {

/// Where the images of a bundle are.
enum class ImagesKind {
    /// In the bundle, to be unpacked into the engine's store.
    oci,
    /// In the bundle, to be mounted.
    store,
    registry,
};
[[nodiscard]] std::string_view to_string(ImagesKind kind);

struct CreateBundleRequest {
    std::filesystem::path description;
    std::filesystem::path key;
    std::filesystem::path certificate;
    /// Empty for none.
    std::filesystem::path chain;
    /// An OCI image layout to take the images from; empty for the local store.
    std::filesystem::path layout;
    /// Of a bundle that carries images; not registry.
    ImagesKind images = ImagesKind::oci;
    /// A bundle file of another version, whose image store a delta file starts from, which is made
    /// beside the bundle; empty for none.
    std::filesystem::path delta_from = {};
    /// `files/` or `licenses/` members: FILE or FILE:PATH-IN-BUNDLE.
    std::vector<std::string> add;
    /// Empty: `<id>_<version>.bundle` in the working directory.
    std::filesystem::path output;
};

struct CreatedDelta {
    std::filesystem::path file;
    model::Version from;
    std::uint64_t size = 0;
};

struct CreatedBundle {
    std::filesystem::path file;
    model::BundleId id;
    model::Version version;
    model::Sha256 digest;
    std::uint64_t size = 0;
    /// Image name to its id after conversion.
    std::map<std::string, model::Sha256> images;
    ImagesKind images_kind = ImagesKind::oci;
    std::optional<CreatedDelta> delta = std::nullopt;
};

/// Makes a signed bundle file from a description and the images that it names. ErrorCode::usage for
/// a store of images that are in a registry, and a delta of other images; not_permitted and
/// conflict where no store can be made here.
[[nodiscard]] model::Result<CreatedBundle> create_bundle(const Context& context,
                                                         const CreateBundleRequest& request);

}  // namespace agent::operations
