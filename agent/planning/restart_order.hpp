// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/model/installed_set.hpp"

namespace agent::planning {

/// The services of `set` that restart when `services` do: these, and what systemd restarts with
/// them because it is bound to them or requires them, over any number of steps (systemd.unit(5),
/// Requires= and BindsTo=). In the order in which they start; they stop in the reverse one.
[[nodiscard]] std::vector<std::string> restart_order(const model::InstalledSet& set,
                                                     const std::vector<std::string>& services);

}  // namespace agent::planning
