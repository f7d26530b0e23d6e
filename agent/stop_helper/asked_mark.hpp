// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace agent::stop_helper {

/// There while a container's service ended badly because it was asked to end, as a program does
/// that does not care for SIGTERM: no reason for update-agent-pause@.service, which looks for it,
/// to wait.
[[nodiscard]] inline std::string asked_mark(const std::string& container) {
    return "/run/update-agent/asked-to-stop/" + container;
}

}  // namespace agent::stop_helper
