// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/cli/command.hpp"

namespace agent::cli {

enum class Way { here, by_service };

/// Whether the service is asked to do it, if there is one. What only reads, and what units run, is
/// done in this process; so is what the service could do only otherwise than it is asked for here.
[[nodiscard]] Way way_of(const CommandLine& line);

/// Why options cannot be meant together, as they are about the service; else empty.
[[nodiscard]] std::string service_problem(const CommandLine& line);

}  // namespace agent::cli
