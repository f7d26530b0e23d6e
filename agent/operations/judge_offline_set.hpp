// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/context.hpp"

namespace agent::operations {

/// A set that nobody has judged, such as one that was installed below another root, is to be judged
/// once it runs: begins a transaction that watches and confirms, and leaves it to
/// update-agent-confirm.service. Nothing to do for a confirmed or an empty set, and where a
/// transaction is unsettled.
[[nodiscard]] model::Result<> judge_offline_set(const Context& context);

}  // namespace agent::operations
