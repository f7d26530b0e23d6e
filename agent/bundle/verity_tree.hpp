// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

#include "agent/bundle/file_io.hpp"
#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::bundle {

/// The hash tree of dm-verity behind a file's data.
struct VerityTree {
    model::Sha256 root_hash;
    /// Bytes to its superblock, which are those of the data with its padding.
    std::uint64_t hash_offset = 0;
};

/// Fills `file` up with zeros to a multiple of 4096 bytes and appends superblock and hash tree, as
/// veritysetup(8) does: format 1, SHA-256, blocks of 4096 bytes, no salt, and the first half of the
/// root hash as UUID, so that the same data gives the same bytes. Needs constant memory. On failure
/// something may be appended. ErrorCode::invalid for an empty file.
[[nodiscard]] model::Result<VerityTree> append_verity_tree(const std::filesystem::path& file);
/// The same to a file that is open for reading and writing; `file` names it in errors.
[[nodiscard]] model::Result<VerityTree> append_verity_tree(const FileDescriptor& fd,
                                                           const std::filesystem::path& file);

}  // namespace agent::bundle
