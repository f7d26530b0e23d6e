// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "agent/host/service_manager.hpp"
#include "agent/systemd/bus.hpp"

namespace agent::systemd {

inline constexpr const char* kLogind = "org.freedesktop.login1";
inline constexpr const char* kLogindPath = "/org/freedesktop/login1";
inline constexpr const char* kLogindInterface = "org.freedesktop.login1.Manager";

/// What is held back, for which reason, and how, as org.freedesktop.login1(5) has them.
struct ShutdownLock {
    const char* what;
    std::string why;
    const char* mode;
};

/// Takes a lock of logind's until the result is destroyed. A logind that does not run is not
/// started.
[[nodiscard]] model::Result<std::unique_ptr<host::Inhibition>> take_shutdown_lock(
    const Bus& bus, const ShutdownLock& lock);

}  // namespace agent::systemd
