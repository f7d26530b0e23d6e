// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::afm {

enum class Role { system, user };

struct DaemonOptions {
    Role role = Role::system;
    bool daemonize = false;
    bool help = false;
    /// As set_verbosity() has it.
    int verbosity = 0;
};

/// By the program's name, and its arguments without that. ErrorCode::usage for an option that is
/// not known, and for one that cannot be had here, with the reason.
[[nodiscard]] model::Result<DaemonOptions> daemon_options(
    const std::string& program, const std::vector<std::string>& arguments);
[[nodiscard]] std::string daemon_help(Role role);

}  // namespace agent::afm
