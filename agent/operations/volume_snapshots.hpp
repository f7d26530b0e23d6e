// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/effects.hpp"

namespace agent::operations {

/// Notes what it took, for the history.
[[nodiscard]] model::Result<> snapshot_volume(const SnapshotVolume& effect, World& world);
[[nodiscard]] model::Result<> undo_snapshot_volume(const SnapshotVolume& effect, World& world);
[[nodiscard]] model::Result<> restore_volume(const RestoreVolume& effect, World& world);

}  // namespace agent::operations
