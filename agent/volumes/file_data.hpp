// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

#include "agent/model/result.hpp"
#include "agent/store/descriptor.hpp"

namespace agent::volumes {

/// Bytes that may be written for data that a file system does not share, and that were.
struct CopyBudget {
    std::uint64_t limit = 0;
    std::uint64_t written = 0;
};

/// Gives the empty file `to` the content of `from`: the same blocks where the file system shares
/// them (FICLONE), else a copy, with its holes. ErrorCode::conflict where that would be more than
/// the budget has.
[[nodiscard]] model::Result<> copy_data(const store::Descriptor& from, const store::Descriptor& to,
                                        const std::filesystem::path& shown, CopyBudget& budget);

/// Whether files in the directory can share their blocks. Leaves nothing behind.
[[nodiscard]] bool shares_blocks(const store::Descriptor& directory);

}  // namespace agent::volumes
