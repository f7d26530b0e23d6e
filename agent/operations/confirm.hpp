// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/recover.hpp"

namespace agent::operations {

/// What update-agent-confirm.service does: judges the set that was switched to before the machine
/// was started. One that does not become healthy is left, and its failure is the error: an update
/// goes back to what was there before it, a set that was installed offline to the newest kept one
/// that was confirmed. Nothing to do where another operation is running: that settles it before all
/// else.
[[nodiscard]] model::Result<std::optional<Settled>> confirm(const Context& context);

}  // namespace agent::operations
