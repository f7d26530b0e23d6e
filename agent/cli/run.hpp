// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>

#include "agent/cli/command.hpp"
#include "agent/operations/context.hpp"

namespace agent::cli {

/// What a build fixes.
struct BuildFacts {
    /// Program of ExecStopPost= of every container's unit.
    std::string stop_helper;
    std::chrono::system_clock::time_point build_date;
};

/// Carries out a parsed command line: prints results on standard output, everything else on
/// standard error (or, as the options want it, progress as JSON on standard output), and returns
/// the exit code.
[[nodiscard]] int run(const CommandLine& line, config::Configuration configuration,
                      const operations::Host& host, const BuildFacts& build);

}  // namespace agent::cli
