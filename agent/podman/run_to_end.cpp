// SPDX-License-Identifier: GPL-3.0-or-later
// Those functions of PodmanCli that are about containers which run to their end.
#include <charconv>

#include "agent/podman/failure.hpp"
#include "agent/podman/podman_call.hpp"
#include "agent/podman/podman_cli.hpp"

namespace agent::podman {

namespace {

using model::ErrorCode;
using model::Result;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kShownLines = 10;

/// The last lines that are not empty, without what a terminal would take for more than text.
std::vector<std::string> last_lines(const std::string& text) {
    std::vector<std::string> lines;
    auto end = text.size();
    while (end > 0 && lines.size() < kShownLines) {
        const auto newline = text.rfind('\n', end - 1);
        const auto start = newline == std::string::npos ? 0 : newline + 1;
        auto line = text.substr(start, end - start);
        std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
        if (!line.empty()) lines.insert(lines.begin(), std::move(line));
        end = newline == std::string::npos ? 0 : newline;
    }
    return lines;
}

}  // namespace

/// podman's own failures have exit codes that a program may have, too: what podman noted decides.
Result<int> PodmanCli::exit_code_of(const std::string& name) const {
    TRY_ASSIGN(const std::string printed, run({"podman inspect " + name,
                                               {"inspect", "--type", "container", "--format",
                                                "{{.State.Status}} {{.State.ExitCode}}", name},
                                               options_.call_timeout}));
    const auto line = process::last_line(printed);
    const auto blank = line.find(' ');
    int code = 0;
    const auto* const end = line.data() + line.size();
    if (blank == std::string::npos ||
        !(line.starts_with("exited ") || line.starts_with("stopped ")) ||
        std::from_chars(line.data() + blank + 1, end, code).ptr != end)
        return model::fail(ErrorCode::internal, "the container " + name + " did not run: " + line);
    return code;
}

std::vector<std::string> PodmanCli::last_lines_of(const std::string& name) const {
    constexpr std::size_t kEnough = 64U << 10U;
    auto command = command_of({"podman logs " + name,
                               {"logs", "--tail", std::to_string(kShownLines), name},
                               options_.call_timeout});
    command.output_limit = kEnough;
    const auto output = process::run(command);
    if (!output) return {};
    return last_lines(output->standard_output + output->standard_error);
}

Result<host::FinishedRun> PodmanCli::run_to_end(const std::string& name, milliseconds bound,
                                                const std::function<bool()>& cancelled) {
    constexpr std::size_t kEnough = 64U << 10U;
    auto command = command_of({"podman start " + name, {"start", "--attach", name}, bound});
    command.output_limit = kEnough;
    command.keep_last = true;
    command.cancelled = cancelled;
    // Whoever recovers from this agent's death ends it, and must not wait for the lock until then.
    command.inherited = -1;
    const auto began = steady_clock::now();
    const auto output = process::run(command);
    if (!output && output.error().code() == ErrorCode::internal &&
        steady_clock::now() - began >= command.timeout)
        return host::FinishedRun{.exit_code = std::nullopt, .last_lines = last_lines_of(name)};
    if (!output) return model::fail(output.error());
    // 0 is no failure of podman's, and the program's own as long as nobody else had started it.
    const auto code = output->status == 0 ? Result<int>(0) : exit_code_of(name);
    if (!code && output->status != 0)
        return model::fail(failure(command.title, output->status, output->standard_error));
    if (!code) return model::fail(code.error());
    return host::FinishedRun{
        .exit_code = *code,
        .last_lines = last_lines(output->standard_output + output->standard_error)};
}

Result<> PodmanCli::remove_run(const std::string& name) {
    auto arguments = removal_of(name, "update-agent.init");
    arguments.insert(arguments.end(), {"--force", "--time", "0"});
    const Call call{"podman rm --force " + name, arguments, options_.call_timeout};
    // podman 5 fails the first time where it finds the container's conmon gone.
    auto removed = run(call);
    if (!removed) removed = run(call);
    if (!removed) return model::fail(std::move(removed).error());
    if (!removed->empty()) return {};  // it names what it has removed
    if (run({"podman container exists",
             {"container", "exists", "--external", name},
             options_.call_timeout}))
        return remove_half_made(name);
    return {};
}

}  // namespace agent::podman
