// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "agent/cli/command.hpp"
#include "agent/client/service.hpp"

namespace agent::cli {

/// Has the service carry out a command line, prints what run() would have printed, and returns the
/// exit code; nothing where no service is there, and it has to be done here.
[[nodiscard]] std::optional<int> run_by_service(const CommandLine& line,
                                                client::ServiceOptions bounds = {});

}  // namespace agent::cli
