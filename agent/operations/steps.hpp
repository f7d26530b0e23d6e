// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/operations/effects.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

/// What the effects of a plan depend on beside the plan.
struct StepInput {
    unsigned current_generation = 0;
    std::string reason;
    model::SystemTime time;
    host::Inventory engine;
    /// Texts of the current generation's containers, by name; those that stay keep theirs.
    std::map<std::string, std::string> containers;
    /// What the current generation says of images that the agent brought.
    std::set<model::Sha256> brought_images;
    /// Kept directories of bundles that an earlier generation left, with the same content.
    std::vector<model::BundleId> kept;
    /// What lies where each of the plan's volumes is to be.
    std::vector<volumes::Former> volumes = {};
    /// Containers that are there, do not run, and have devices by numbers of before; by their names
    /// in the engine.
    std::set<std::string> outdated = {};
    model::VolumeRoots volume_roots = {model::kVolumeRoot};
    bool offline = false;
    unsigned systemd_version = 0;
};

/// The effects that carry out a plan, in the order of a transaction: acquire, stage, switch,
/// verify, confirm. Pure.
[[nodiscard]] std::vector<Effect> effects_of(const planning::Plan& plan, const StepInput& input);

/// Watches every container of a set. Pure.
[[nodiscard]] WatchHealth watch_all(const model::InstalledSet& set);

}  // namespace agent::operations
