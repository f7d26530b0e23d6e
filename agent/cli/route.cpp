// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/route.hpp"

#include "agent/model/overloaded.hpp"

namespace agent::cli {

namespace {

/// A system bus passes on no more descriptors in one message, see max_message_unix_fds of
/// dbus-daemon(1).
constexpr std::size_t kMostFiles = 16;
constexpr const char* kMoreFiles = "more than 16 files";

/// What of the command keeps the service from doing it, in words; nullptr: nothing.
const char* hindrance_of(const Command& command) {
    using Hindrance = const char*;
    const auto unless_dry = [](bool dry_run) { return dry_run ? "--dry-run" : nullptr; };
    return std::visit(
        model::Overloaded{
            [&](const Install& install) -> Hindrance {
                return install.files.size() > kMostFiles ? kMoreFiles : unless_dry(install.dry_run);
            },
            [&](const Remove& remove) -> Hindrance { return unless_dry(remove.dry_run); },
            [&](const Rollback& rollback) -> Hindrance { return unless_dry(rollback.dry_run); },
            [](const Verify& verify) -> Hindrance {
                return verify.repair ? nullptr : "a verify without --repair";
            },
            [](const Start& /*start*/) -> Hindrance { return nullptr; },
            [](const Stop& /*stop*/) -> Hindrance { return nullptr; },
            [](const Restart& /*restart*/) -> Hindrance { return nullptr; },
            [](const Pause& /*pause*/) -> Hindrance { return nullptr; },
            [](const Resume& /*resume*/) -> Hindrance { return nullptr; },
            [](const Watch& /*watch*/) -> Hindrance { return nullptr; },
            [](const auto& /*other*/) -> Hindrance { return "this command"; }},
        command);
}

const char* hindrance_of(const CommandLine& line) {
    const auto& options = line.options;
    if (options.no_service) return "--no-service";
    if (options.root != "/") return "--root";
    if (options.config != kConfiguration) return "--config";
    return hindrance_of(line.command);
}

}  // namespace

Way way_of(const CommandLine& line) {
    return hindrance_of(line) == nullptr ? Way::by_service : Way::here;
}

std::string service_problem(const CommandLine& line) {
    const auto* hindrance = hindrance_of(line);
    const bool watches = std::holds_alternative<Watch>(line.command);
    if (hindrance == nullptr || (!line.options.no_wait && !watches)) return {};
    return std::string(watches ? "watch" : "--no-wait") +
           " is about a job of the service, which has nothing to do with " + hindrance +
           ": leave out one of them";
}

}  // namespace agent::cli
