// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/world_units.hpp"

#include <algorithm>

namespace agent::operations {

using model::Result;

std::vector<std::string> active_ones(const std::vector<std::string>& units, const World& world) {
    std::vector<std::string> active;
    std::copy_if(units.begin(), units.end(), std::back_inserter(active),
                 [&](const auto& unit) { return world.seen.active.count(unit) != 0; });
    return active;
}

Result<> start_targets(const std::vector<std::string>& targets, std::chrono::milliseconds bound,
                       World& world) {
    if (targets.empty()) return {};
    auto jobs = world.context.host.services.start(targets, bound);
    if (!jobs) return model::fail(jobs.error());
    return {};
}

}  // namespace agent::operations
