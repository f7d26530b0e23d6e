// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/effects.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

[[nodiscard]] model::Result<> hold_units(const HoldUnits& effect, World& world);
[[nodiscard]] model::Result<> undo_hold_units(const HoldUnits& effect, World& world);

/// What an operation holds for a plan: the services, with what upholds them, and the targets that
/// bring them back. Nothing where nothing is held.
[[nodiscard]] HoldUnits hold_of(const planning::Plan& plan,
                                const std::vector<std::string>& replaced_targets);

}  // namespace agent::operations
