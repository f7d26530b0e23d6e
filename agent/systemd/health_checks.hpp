// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/systemd/bus.hpp"

namespace agent::systemd {

/// A service by which podman checks a container's health, and the control group of the container's
/// own service, below the file system of control groups.
struct HealthCheck {
    std::string service;
    std::string group;
};

/// Those of the containers in the control groups. podman names the control group and the timer of a
/// check after the container's id.
[[nodiscard]] model::Result<std::vector<HealthCheck>> health_checks(
    const Bus& bus, const std::vector<std::string>& groups);

/// What goes with such a service so that it does nothing while the control group is frozen: its
/// process would stand still in the container, and podman waits for it with its lock held.
[[nodiscard]] std::string drop_in_text(const std::string& group);

/// Sees to it until the next boot that the checks are skipped while their containers are frozen;
/// loads units again where it has to, for which `timeout` is.
[[nodiscard]] model::Result<> skip_while_frozen(const Bus& bus,
                                                const std::vector<HealthCheck>& checks,
                                                std::chrono::milliseconds timeout);

}  // namespace agent::systemd
