// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "agent/operations/effects.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

/// What the engine has already; what is there is not brought or created again.
struct EngineInventory {
    std::vector<host::ImageInfo> images;
    std::vector<host::ContainerInfo> containers;
};

/// What the effects of a plan depend on beside the plan.
struct StepInput {
    unsigned current_generation = 0;
    std::string reason;
    model::SystemTime time;
    EngineInventory engine;
    /// Kept directories of bundles that an earlier generation left, with the same content.
    std::vector<model::BundleId> kept;
    bool offline = false;
    unsigned systemd_version = 0;
};

/// The effects that carry out a plan, in the order of a transaction: acquire, stage, switch,
/// verify, confirm. Pure.
[[nodiscard]] std::vector<Effect> effects_of(const planning::Plan& plan, const StepInput& input,
                                             const store::Paths& paths);

}  // namespace agent::operations
