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

struct FreezeBounds {
    /// Of one unit: the kernel waits for processes that are deep in it.
    std::chrono::milliseconds freeze;
    /// Of loading the units again, where health checks have to be skipped meanwhile.
    std::chrono::milliseconds reload;
};

/// Freezes all of the units, or none where one refuses; checks of their health are skipped as long
/// as that lasts. ErrorCode::busy where such a check does not end.
[[nodiscard]] model::Result<> freeze_units(const Bus& bus, const std::vector<std::string>& units,
                                           const FreezeBounds& bounds);
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
