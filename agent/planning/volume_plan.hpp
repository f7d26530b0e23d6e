// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/planning/plan.hpp"

namespace agent::planning {

/// Fills in the volumes that `plan.add` defines or mounts, in the order of their paths. Every name
/// in `plan.result` must be there.
void plan_volumes(const model::VolumeRoots& roots, Plan& plan);
/// Fills in the volumes that bundle groups of `plan.remove` brought, but for what a bundle of the
/// result has there.
void plan_purge(const model::InstalledSet& installed, const model::VolumeRoots& roots, Plan& plan);

}  // namespace agent::planning
