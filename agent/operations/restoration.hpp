// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/effects.hpp"

namespace agent::operations {

/// Watches, after everything was undone, what was up of the set of generation `generation`: as long
/// as its bundles may take to start and to settle. What a health check says is not asked, because
/// nobody knows what it said before.
[[nodiscard]] model::Result<> check_restored(unsigned generation, World& world);

}  // namespace agent::operations
