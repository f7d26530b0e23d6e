// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/route.hpp"

#include "agent/model/overloaded.hpp"

namespace agent::cli {

namespace {

/// A system bus passes on no more descriptors in one message, see max_message_unix_fds of
/// dbus-daemon(1).
constexpr std::size_t kMostFiles = 16;

bool service_has(const Command& command) {
    return std::visit(model::Overloaded{[](const Install& install) {
                                            return !install.dry_run &&
                                                   install.files.size() <= kMostFiles;
                                        },
                                        [](const Remove& remove) { return !remove.dry_run; },
                                        [](const Rollback& rollback) { return !rollback.dry_run; },
                                        [](const Verify& verify) { return verify.repair; },
                                        [](const Start& /*start*/) { return true; },
                                        [](const Stop& /*stop*/) { return true; },
                                        [](const Restart& /*restart*/) { return true; },
                                        [](const Watch& /*watch*/) { return true; },
                                        [](const auto& /*other*/) { return false; }},
                      command);
}

}  // namespace

Way way_of(const CommandLine& line) {
    const auto& options = line.options;
    const bool elsewhere =
        options.no_service || options.root != "/" || options.config != kConfiguration;
    return !elsewhere && service_has(line.command) ? Way::by_service : Way::here;
}

std::string service_problem(const CommandLine& line) {
    if (way_of(line) == Way::by_service) return {};
    const std::string why =
        " is about a job of the service, which does not do this: it has no --no-service, --root, "
        "--config or --dry-run, repairs where it verifies, and takes up to " +
        std::to_string(kMostFiles) + " files";
    if (line.options.no_wait) return "--no-wait" + why;
    if (std::holds_alternative<Watch>(line.command)) return "watch" + why;
    return {};
}

}  // namespace agent::cli
