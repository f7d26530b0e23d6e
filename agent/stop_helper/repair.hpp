// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/containers/create_spec.hpp"
#include "agent/host/devices.hpp"
#include "agent/host/stuck_containers.hpp"

namespace agent::stop_helper {

/// How the current generation creates the container; nothing where it has no such container.
/// `units` is the link to the generation's units, beside which its create arguments are.
[[nodiscard]] model::Result<std::optional<containers::CreateSpec>> stored_spec(
    const std::filesystem::path& units, const model::ContainerName& name);

/// How long a repair may take, so that it ends before systemd ends it: less than the
/// TimeoutStopSec= that stands behind podman's `--stop-timeout=` in the arguments, or than
/// systemd's 90 s.
[[nodiscard]] std::chrono::milliseconds repair_time(
    const std::optional<containers::CreateSpec>& spec);

/// Makes podman agree that a container whose service ended badly does not run: a conmon that was
/// killed leaves podman saying "Up" or "Stopping", 4.3 for ever, and the container cannot start
/// again. What cannot be ended is removed, and what of `spec` is not there is created.
/// `pause` lies between two tries to remove one. Returns what was done, for the journal.
[[nodiscard]] model::Result<std::vector<std::string>> repair(
    const model::ContainerName& name, const std::optional<containers::CreateSpec>& spec,
    host::StuckContainers& engine, host::Devices& devices,
    std::chrono::milliseconds pause = std::chrono::milliseconds(200));

}  // namespace agent::stop_helper
