// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/host/service_manager.hpp"
#include "agent/systemd/bus.hpp"

namespace agent::systemd {

/// The states of the units in the order asked for, with one call for all and then a few
/// properties of each unit that is there. Names that no unit can have are `not-found`.
[[nodiscard]] model::Result<std::vector<host::UnitState>> read_states(
    const Bus& bus, const std::vector<std::string>& units);
/// Those whose NeedDaemonReload is true.
[[nodiscard]] model::Result<std::vector<std::string>> read_changed_on_disk(
    const Bus& bus, const std::vector<std::string>& units);

}  // namespace agent::systemd
