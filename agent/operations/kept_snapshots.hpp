// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/context.hpp"
#include "agent/planning/data_steps.hpp"

namespace agent::operations {

/// Where the snapshot of a volume lies that is taken when a generation is left: on the file system
/// of the volume, if that has not one of its own.
[[nodiscard]] std::string snapshot_path(const model::VolumeRoots& roots, unsigned generation,
                                        const std::string& host_path);

/// The data that a generation was left with: of each volume the first snapshot that was taken
/// since.
[[nodiscard]] model::Result<std::vector<planning::RestoreData>> kept_snapshots(
    const Context& context, unsigned generation);

/// Removes the snapshots of generations that are not kept any more, and what interrupted operations
/// left of others. Only for the holder of the lock.
[[nodiscard]] model::Result<> collect_snapshots(const Context& context);

/// Removes all snapshots of a volume.
[[nodiscard]] model::Result<> forget_snapshots(const Context& context,
                                               const std::string& host_path);

}  // namespace agent::operations
