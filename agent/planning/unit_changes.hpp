// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/planning/plan.hpp"

namespace agent::planning {

/// Renders the plan's result, and fills in what stops, restarts and starts. `add`, `remove` and
/// `result` must be complete.
void plan_units(const model::InstalledSet& installed, const MachineFacts& facts, Plan& plan);

/// The pauses that these services of the set may be in after too many crashes, and that a start of
/// theirs would wait for.
[[nodiscard]] std::vector<std::string> pauses_of(const model::InstalledSet& set,
                                                 const std::set<std::string>& services);

}  // namespace agent::planning
