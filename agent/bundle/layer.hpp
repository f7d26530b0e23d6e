// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/bundle/oci_document.hpp"

namespace agent::bundle {

/// Brings a blob into another layout without copying where the file system can: a hard link, a
/// clone, else a copy.
[[nodiscard]] model::Result<> share_blob(const std::filesystem::path& from,
                                         const model::Sha256& digest,
                                         const std::filesystem::path& to);

/// Writes a plain or gzip layer of the layout `from` into the layout `to`, compressed by zstd, and
/// returns its descriptor there. ErrorCode::invalid where the layer is not the one that its digest
/// or `diff_id`, the digest of the uncompressed tar, says.
[[nodiscard]] model::Result<OciDescriptor> recompress_layer(const std::filesystem::path& from,
                                                            const OciDescriptor& layer,
                                                            const model::Sha256& diff_id,
                                                            const std::filesystem::path& to);

}  // namespace agent::bundle
