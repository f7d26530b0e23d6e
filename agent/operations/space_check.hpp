// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/context.hpp"
#include "agent/planning/space.hpp"

namespace agent::operations {

/// Nothing in the engine's store below another root: images come in later. ErrorCode::conflict
/// where a volume would have to be copied that is larger than the configuration lets.
[[nodiscard]] model::Result<planning::SpaceNeeded> space_needed(const Context& context,
                                                                const planning::Plan& plan,
                                                                const host::Inventory& engine);
/// ErrorCode::no_space where that, with the reserve, is not free: what lies on one file system
/// counts together.
[[nodiscard]] model::Result<> check_space(const Context& context, const planning::Plan& plan,
                                          const planning::SpaceNeeded& space);

}  // namespace agent::operations
