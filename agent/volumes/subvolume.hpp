// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/store/descriptor.hpp"

namespace agent::volumes {

/// Whether the directory is the root of a subvolume of btrfs that has no other one below it: those
/// are empty directories in a snapshot.
[[nodiscard]] bool is_whole_subvolume(const store::Descriptor& directory);
/// Makes a snapshot of a subvolume, which can be written to, as `name` in `to`. False where that
/// cannot be, as on another file system.
[[nodiscard]] bool snapshot_subvolume(const store::Descriptor& subvolume,
                                      const store::Descriptor& to, const std::string& name);

}  // namespace agent::volumes
