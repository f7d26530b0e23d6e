// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::bundle {

/// One image of an OCI image layout.
struct LayoutImage {
    /// Annotation org.opencontainers.image.ref.name; may be empty.
    std::string ref;
    model::Sha256 manifest;
    /// Digest of its config: what podman calls the image's id.
    model::Sha256 id;
    std::string architecture;
    std::string os;
    /// Bytes of manifest, config and layers.
    std::uint64_t size = 0;
};

/// The images of the layout, each with all of its blobs there in the right size (hashes were
/// checked when the bundle was read). ErrorCode::invalid otherwise.
[[nodiscard]] model::Result<std::vector<LayoutImage>> read_layout(
    const std::filesystem::path& directory);

/// Adds the image `ref` of the layout `from` (its only one where `ref` is empty) to the layout
/// `to`, under its image id as the reference, layers zstd-compressed; blobs that are there are
/// shared. Ids do not change, because they cover uncompressed layers.
[[nodiscard]] model::Result<LayoutImage> add_to_layout(const std::filesystem::path& from,
                                                       const std::string& ref,
                                                       const std::filesystem::path& to);

}  // namespace agent::bundle
