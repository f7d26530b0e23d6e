// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/context.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

/// What would keep a plan's work on data from being done, told before anything changes.
/// ErrorCode::conflict below another root, where nothing can be run.
[[nodiscard]] model::Result<> check_data(const Context& context, const planning::Plan& plan);

}  // namespace agent::operations
