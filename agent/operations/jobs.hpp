// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/host/service_manager.hpp"

namespace agent::operations {

/// Stops units, paused ones among them, and waits for it; a job that does not end well is the
/// error.
[[nodiscard]] model::Result<> stop_all(host::ServiceManager& services,
                                       const std::vector<std::string>& units);
/// As ServiceManager::restart(), paused units among them.
[[nodiscard]] model::Result<std::vector<host::JobResult>> restart_all(
    host::ServiceManager& services, const std::vector<std::string>& units,
    host::ServiceManager::Timeout timeout);

/// Ends the masks of those of the units that `stop` holds.
[[nodiscard]] model::Result<> unmask(host::ServiceManager& services,
                                     const std::vector<std::string>& units);

}  // namespace agent::operations
