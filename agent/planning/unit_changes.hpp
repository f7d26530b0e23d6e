// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/planning/plan.hpp"

namespace agent::planning {

/// Renders the plan's result, and fills in what stops, restarts and starts. `add`, `remove` and
/// `result` must be complete.
void plan_units(const model::InstalledSet& installed, const MachineFacts& facts, Plan& plan);

}  // namespace agent::planning
