// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/host/service_manager.hpp"

namespace agent::operations {

/// What an operation found of the units that it changes or judges. Units that are not there, and
/// those that were broken, are in none of the sets.
struct UnitsSeen {
    /// Up, or on their way there.
    std::set<std::string> active = {};
    /// Stopped by hand, or never started.
    std::set<std::string> inactive = {};
    /// Of the inactive ones, those that `stop` holds.
    std::set<std::string> masked = {};
    bool operator==(const UnitsSeen&) const = default;
};

[[nodiscard]] UnitsSeen see(const std::vector<host::UnitState>& states);

/// The same after a boot, which starts what was stopped by hand before it.
[[nodiscard]] UnitsSeen after_boot(UnitsSeen seen);

}  // namespace agent::operations
