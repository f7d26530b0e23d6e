// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "agent/host/service_manager.hpp"
#include "agent/systemd/bus.hpp"

namespace agent::systemd {

/// Tells systemd that this service is ready, and waits until logind announces a shutdown
/// (org.freedesktop.login1(5), "PrepareForShutdown"), which goes on when the result is destroyed,
/// or after logind's InhibitDelayMaxSec=.
[[nodiscard]] model::Result<std::unique_ptr<host::Inhibition>> wait_for_shutdown(
    const Bus& bus, const std::string& why);

}  // namespace agent::systemd
