// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/bundle/oci_document.hpp"

namespace agent::bundle {

struct LayoutBlob {
    model::Sha256 digest;
    std::uint64_t size = 0;
};

/// An image of a layout with all that is said of it, every blob there in the right size.
struct ResolvedImage {
    /// What leads from index.json to the manifest: nothing, or one index.
    std::vector<OciDescriptor> indexes;
    std::string ref;
    OciDescriptor descriptor;
    std::string manifest_text;
    OciManifest manifest;
    OciConfig config;
};

[[nodiscard]] std::filesystem::path blob_path(const std::filesystem::path& layout,
                                              const model::Sha256& digest);

/// What index.json names.
[[nodiscard]] model::Result<std::vector<OciDescriptor>> read_index(
    const std::filesystem::path& layout);
[[nodiscard]] model::Result<ResolvedImage> resolve_image(const std::filesystem::path& layout,
                                                         const OciDescriptor& entry);
/// Every image that index.json names. ErrorCode::invalid says which file and what to do.
[[nodiscard]] model::Result<std::vector<ResolvedImage>> resolve_images(
    const std::filesystem::path& layout);

/// The blobs that its images need, each once, sorted by digest.
[[nodiscard]] model::Result<std::vector<LayoutBlob>> layout_blobs(
    const std::filesystem::path& layout);

}  // namespace agent::bundle
