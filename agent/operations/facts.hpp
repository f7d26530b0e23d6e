// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/context.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

/// What planning depends on, asked from the machine. Offline, names of units are looked up in the
/// files below the root, and systemd's version is unknown (0).
[[nodiscard]] model::Result<planning::MachineFacts> gather_facts(
    const Context& context, const std::vector<planning::Candidate>& candidates);

}  // namespace agent::operations
