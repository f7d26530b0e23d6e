// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "agent/cli/command.hpp"

namespace agent::cli {

/// What a command prints when it is done, one or the other, and its exit code.
struct Report {
    std::string json;
    std::string text;
    int status = 0;
};

/// Prints on standard output, as the options want it, and returns the exit code.
[[nodiscard]] int print(const Report& report, const Options& options);

/// In front of the text of an error.
inline constexpr std::string_view kErrorPrefix = "update-agent: ";

/// Prints a failure, which is on standard error as well, and returns the exit code.
[[nodiscard]] int print_failure(const Report& report, const Options& options);

/// Prints the error as `run` does, and returns its exit code.
[[nodiscard]] int report_error(const model::Error& error, const Options& options);

}  // namespace agent::cli
