// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::stop_helper {

struct RepairOptions {
    /// Of podman; looked up in PATH where it has no slash.
    std::string program = "podman";
    /// The units of the current generation, a link; what its containers are made of is beside them.
    std::filesystem::path units = "/opt/operation/systemd-units";
    /// Between two tries to remove a container.
    std::chrono::milliseconds pause = std::chrono::milliseconds(200);
};

/// Makes podman agree that a container whose service ended badly does not run: a conmon that was
/// killed leaves podman saying "Up" or "Stopping", 4.3 for ever, and the container cannot start
/// again. What cannot be ended is removed, and created again where the current generation has it.
/// Returns what was done, for the journal.
[[nodiscard]] model::Result<std::vector<std::string>> repair(const model::ContainerName& name,
                                                             const RepairOptions& options = {});

/// How long a repair may take, so that it ends before systemd ends it: less than the
/// TimeoutStopSec= that stands behind podman's `--stop-timeout=` in the arguments, or than
/// systemd's 90 s.
[[nodiscard]] std::chrono::milliseconds repair_time(const std::vector<std::string>& arguments);

}  // namespace agent::stop_helper
