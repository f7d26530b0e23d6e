// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/operations/context.hpp"

namespace agent::operations {

/// Starts, stops or restarts bundles and containers by name. A stopped container stays down until
/// it is started or the machine boots, though its bundle upholds it; a start brings back what was
/// bound to it as well. Waits; a unit that does not come up is ErrorCode::unhealthy, and
/// ErrorCode::busy says that an operation runs, which judges what is started and stopped.
[[nodiscard]] model::Result<> start(const Context& context, const std::vector<std::string>& names);
[[nodiscard]] model::Result<> stop(const Context& context, const std::vector<std::string>& names);
[[nodiscard]] model::Result<> restart(const Context& context,
                                      const std::vector<std::string>& names);

/// Freezes containers that run, or lets them run on. What stops or restarts them ends that.
/// ErrorCode::conflict where a container, or all of a bundle, does not run, or where the machine
/// cannot freeze it, and ErrorCode::busy where a check of its health does not end; then none is
/// frozen.
[[nodiscard]] model::Result<> pause(const Context& context, const std::vector<std::string>& names);
[[nodiscard]] model::Result<> resume(const Context& context, const std::vector<std::string>& names);

/// Whether any container of the set is paused.
[[nodiscard]] model::Result<bool> any_paused(host::ServiceManager& services,
                                             const model::InstalledSet& set);

/// Lets all run on, whoever holds the lock: for a machine that is shut down, where systemd would
/// not stop them.
[[nodiscard]] model::Result<> resume_all(const Context& context);
/// The same whenever a shutdown is announced, before systemd begins with it, until the context is
/// cancelled. Warns where nobody announces any.
[[nodiscard]] model::Result<> resume_at_shutdown(const Context& context);

}  // namespace agent::operations
