// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "agent/systemd/bus.hpp"

namespace agent::systemd {

/// Whether a FreezerState says that no process of the unit runs, or soon none will.
[[nodiscard]] bool is_frozen(std::string_view freezer_state);

/// Freezes all of the units or none, `timeout` for each: the kernel waits for processes that are
/// deep in it.
[[nodiscard]] model::Result<> freeze_units(const Bus& bus, const std::vector<std::string>& units,
                                           std::chrono::milliseconds timeout);
/// Thaws those that are frozen. One that died while it was frozen counts as frozen for systemd, and
/// cannot be thawed; it is left out. ErrorCode::busy for one that has a job which does not end.
[[nodiscard]] model::Result<> thaw_units(const Bus& bus, const std::vector<std::string>& units);
/// The same for a shutdown, when systemd thaws nothing because all units have jobs: the kernel lets
/// run on what systemd does not. For systemd these units stay frozen, and 257 does not stop them.
[[nodiscard]] model::Result<> thaw_units_by_force(const Bus& bus,
                                                  const std::vector<std::string>& units);

/// The services that systemd stops when these units stop, themselves included.
[[nodiscard]] model::Result<std::vector<std::string>> what_stops_with(
    const Bus& bus, const std::vector<std::string>& units);

}  // namespace agent::systemd
