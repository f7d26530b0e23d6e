// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/hold.hpp"

#include <algorithm>

#include "agent/model/unit_name.hpp"
#include "agent/operations/jobs.hpp"
#include "agent/operations/world_units.hpp"

namespace agent::operations {

using model::Result;

Result<> hold_units(const HoldUnits& effect, World& world) {
    return stop_all(world.context.host.services, effect.units);
}

Result<> undo_hold_units(const HoldUnits& effect, World& world) {
    if (world.booting) return {};
    return start_targets(active_ones(effect.starts, world), kJobBound, world);
}

HoldUnits hold_of(const planning::Plan& plan, const std::vector<std::string>& replaced_targets) {
    HoldUnits hold;
    if (plan.data.hold_bundles.empty()) return hold;
    hold.starts = replaced_targets;
    for (const auto& id : plan.data.hold_bundles) {
        // It would start at once what stops.
        hold.units.push_back(model::bundle_restart_target(id));
        const auto target = model::bundle_target(id);
        if (std::find(hold.starts.begin(), hold.starts.end(), target) == hold.starts.end())
            hold.starts.push_back(target);
    }
    const auto& services = plan.data.hold;
    hold.units.insert(hold.units.end(), services.rbegin(), services.rend());
    hold.starts.insert(hold.starts.end(), services.begin(), services.end());
    return hold;
}

}  // namespace agent::operations
