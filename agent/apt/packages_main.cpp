// SPDX-License-Identifier: GPL-3.0-or-later
// update-agent-packages [--root DIR] [NAME RELATION VERSION]...
//     Prints {"format":2,"packages":[{"version":…,"satisfies":…}]}, in the order of the arguments:
//     the version that dpkg has installed (empty where it has none), and whether that is in the
//     relation to the version that is wanted (any is where both are empty).
// update-agent-packages --propose [NAME RELATION VERSION]...
//     Prints what would have to be installed for that, and why it cannot be; changes nothing.
// update-agent-packages --install RECORD [NAME ARCHITECTURE VERSION WORDS]...
// update-agent-packages --remove RECORD [NAME ARCHITECTURE VERSION WORDS]...
//     Installs exactly these packages, or takes those of them out that are there in this version;
//     RECORD is the file that says what the installation had begun.
//
// Ends with 1 where that cannot be done, and prints {"format":2,"error":…} then; with 2 for a wrong
// call.

#include <fcntl.h>
#include <syslog.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>

#include "agent/apt/helper/answer.hpp"
#include "agent/apt/helper/commands.hpp"

namespace {

using namespace agent::apt::helper;
using agent::model::ErrorCode;
using agent::model::Result;
using Json = nlohmann::json;

/// The agent's lock, where it gave us that: a daemon that a maintainer script starts must not have
/// it.
constexpr int kInherited = 3;

template <typename Command, typename List>
std::optional<Result<Json>> call(Command command, const std::optional<List>& list) {
    if (!list) return std::nullopt;
    return command(*list);
}

/// Nothing for a wrong call.
std::optional<Result<Json>> answer(Arguments arguments) {
    const auto first = arguments.empty() ? std::string() : arguments.front();
    const bool changes = first == "--install" || first == "--remove";
    std::string root = "/";
    if (changes || first == "--propose") {
        arguments.erase(arguments.begin());
    } else if (first == "--root" && arguments.size() > 1) {
        root = arguments[1];
        arguments.erase(arguments.begin(), arguments.begin() + 2);
    }
    if (!changes && first != "--propose")
        return call([&root](const auto& wanted) { return states(root, wanted); },
                    parse_wanted(arguments));
    ::openlog("update-agent-packages", LOG_PID, LOG_DAEMON);
    if (!changes) return call(propose, parse_wanted(arguments));
    // Whoever called may be gone; what is begun is ended all the same.
    std::signal(SIGPIPE, SIG_IGN);
    ::fcntl(kInherited, F_SETFD, FD_CLOEXEC);
    if (arguments.empty()) return std::nullopt;
    const std::string record = arguments.front();
    arguments.erase(arguments.begin());
    return call(
        [&](const auto& packages) {
            return first == "--install" ? install(record, packages)
                                        : agent::apt::helper::remove(record, packages);
        },
        parse_listed(arguments));
}

}  // namespace

int main(int argc, char** argv) try {
    const auto answered = answer(Arguments(argv + 1, argv + argc));
    if (!answered) {
        std::fputs(
            "usage: update-agent-packages [--root DIR] [NAME RELATION VERSION]...\n"
            "       update-agent-packages --propose [NAME RELATION VERSION]...\n"
            "       update-agent-packages --install|--remove RECORD "
            "[NAME ARCHITECTURE VERSION WORDS]...\n",
            stderr);
        return 2;
    }
    if (!*answered) return print_failure(answered->error());
    print(**answered);
    return 0;
} catch (const std::exception& exception) {
    return print_failure({ErrorCode::internal, exception.what()});
}
