// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "agent/host/service_manager.hpp"
#include "agent/systemd/bus.hpp"

namespace agent::systemd {

/// Takes a lock of logind's (org.freedesktop.login1(5), "Inhibit") that blocks shutdown and sleep
/// until it is destroyed. A logind that does not run is not started.
[[nodiscard]] model::Result<std::unique_ptr<host::Inhibition>> take_shutdown_lock(
    const Bus& bus, const std::string& why);

}  // namespace agent::systemd
