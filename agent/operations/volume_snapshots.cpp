// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/volume_snapshots.hpp"

#include "agent/volumes/snapshot.hpp"

namespace agent::operations {

namespace {

using model::Result;

std::string note(const std::string& path, const volumes::SnapshotCost& cost,
                 std::chrono::milliseconds spent) {
    return "snapshot of " + path + ": " + cost.method + ", " + std::to_string(cost.bytes) +
           " bytes written, " + std::to_string(spent.count()) + " ms";
}

}  // namespace

Result<> snapshot_volume(const SnapshotVolume& effect, World& world) {
    auto& machine = world.context.host.machine;
    const auto limit = world.context.configuration.snapshot_limit;
    const auto start = machine.monotonic();
    TRY_ASSIGN(const auto cost, volumes::take_snapshot(world.context.paths.root(), effect.path,
                                                       effect.snapshot, limit));
    world.notes.push_back(
        note(effect.path, cost,
             std::chrono::duration_cast<std::chrono::milliseconds>(machine.monotonic() - start)));
    return {};
}

Result<> undo_snapshot_volume(const SnapshotVolume& effect, World& world) {
    return volumes::put_back_snapshot(world.context.paths.root(), effect.path, effect.snapshot);
}

Result<> restore_volume(const RestoreVolume& effect, World& world) {
    return volumes::restore_snapshot(world.context.paths.root(), effect.path, effect.snapshot);
}

}  // namespace agent::operations
