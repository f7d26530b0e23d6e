// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "agent/model/result.hpp"

namespace agent::volumes {

/// What a snapshot took.
struct SnapshotCost {
    /// btrfs-snapshot, reflink or copy; none where there is no volume.
    std::string method;
    /// Written, because the file system cannot share them.
    std::uint64_t bytes = 0;
    bool operator==(const SnapshotCost&) const = default;
};

// Paths are absolute, and are looked up below `root`, as those of volumes are. A snapshot is there
// whole, or not at all, and its directory is root's alone.

/// Why a volume cannot be snapshotted that has more to be copied than the limit, and what helps.
[[nodiscard]] model::Error too_large(const std::string& volume, std::uint64_t limit);
/// What take_snapshot() would take.
[[nodiscard]] model::Result<SnapshotCost> look_at_cost(const std::filesystem::path& root,
                                                       const std::string& volume,
                                                       const std::string& snapshot);
/// Makes `snapshot` what the directory `volume` is: a snapshot where it is a subvolume of btrfs,
/// else files that share their blocks with those of the volume, else a copy. One that is there
/// already stays as it is. ErrorCode::conflict where more than `limit` bytes would have to be
/// copied.
[[nodiscard]] model::Result<SnapshotCost> take_snapshot(const std::filesystem::path& root,
                                                        const std::string& volume,
                                                        const std::string& snapshot,
                                                        std::uint64_t limit);
/// Puts the snapshot in the place of the volume, and removes what was there. Where there is no
/// snapshot any more, it was put back already. Takes no room on the disk, but where the volume is a
/// mount point or lies on another file system: its content is copied then.
[[nodiscard]] model::Result<> put_back_snapshot(const std::filesystem::path& root,
                                                const std::string& volume,
                                                const std::string& snapshot);
/// Makes the volume a copy of the snapshot, which stays. ErrorCode::not_found without one.
[[nodiscard]] model::Result<> restore_snapshot(const std::filesystem::path& root,
                                               const std::string& volume,
                                               const std::string& snapshot);

}  // namespace agent::volumes
