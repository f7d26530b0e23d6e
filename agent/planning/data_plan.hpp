// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/planning/plan.hpp"

namespace agent::planning {

/// Says what runs on which volumes when. Needs everything else of the plan, whose restart order
/// then has what is held, too. An init container that is after one that has to wait for the switch
/// waits as well: they run in their order.
void plan_data(const model::InstalledSet& installed, const Request& request,
               const model::VolumeRoots& roots, Plan& plan);

}  // namespace agent::planning
