// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::process {

struct Command {
    /// Program (looked up in PATH where it has no slash) and arguments; no shell is involved.
    std::vector<std::string> arguments;
    /// Added to, or replacing in, the environment.
    std::map<std::string, std::string> environment = {};
    std::chrono::milliseconds timeout{};
    /// Bytes kept of each output: the first of the standard output, the last of the standard error
    /// (which end with the reason of a failure). More is read and dropped.
    std::size_t output_limit = 16U << 20U;
    /// Of the standard output, too, the last bytes are kept.
    bool keep_last = false;
    /// What messages call it, such as `podman create`; the arguments where it is empty.
    std::string title = {};
    /// A descriptor of ours that the program gets as its descriptor 3; -1 for none.
    int inherited = -1;
    /// What the program reads from its standard input.
    std::string input = {};
    /// Asked several times a second: whether the program is to be ended.
    std::function<bool()> cancelled = {};
};

struct Output {
    /// Exit status, or 128 + signal.
    int status = 0;
    std::string standard_output;
    std::string standard_error;
};

/// Runs a command to its end, in a process group of its own, with its signals at their defaults. A
/// program that is not there is ErrorCode::not_found; one that outlives the timeout is killed with
/// its whole group and ErrorCode::internal, one that is cancelled with ErrorCode::busy. What the
/// program left running in other groups (a daemon, such as conmon) is neither waited for nor ended.
[[nodiscard]] model::Result<Output> run(const Command& command);

/// "podman create --name x": the command as a person would type it, shortened in the middle.
[[nodiscard]] std::string to_string(const std::vector<std::string>& arguments);
/// The last line that is not empty, without a leading "Error: "; where failures say what happened.
[[nodiscard]] std::string last_line(const std::string& text);

}  // namespace agent::process
