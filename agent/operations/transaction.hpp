// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/operations/effects.hpp"

namespace agent::operations {

/// Does the effects one after the other. When one fails, or the caller cancels before the switch,
/// everything done is undone in reverse order, and the error says so; where undoing fails too after
/// the switch, it is ErrorCode::rollback_failed.
[[nodiscard]] model::Result<> run_transaction(const std::vector<Effect>& effects, World& world);

}  // namespace agent::operations
