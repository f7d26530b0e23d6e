// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/checks.hpp"

#include <algorithm>

namespace agent::planning {

namespace {

using model::ErrorCode;
using model::Problems;

bool contains(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::string label(const model::Description& description) {
    return description.id.value() + " " + description.version.to_string();
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

void check_machine(const Candidate& candidate, const MachineFacts& facts, Problems& problems) {
    const auto& description = candidate.description;
    const auto refuse = [&](std::string key, std::string message, std::string hint) {
        problems.push_back({.code = ErrorCode::conflict,
                            .where = label(description),
                            .key = std::move(key),
                            .message = std::move(message),
                            .hint = std::move(hint)});
    };
    if (description.os && !facts.os_version)
        refuse("os",
               "needs an operating system in " + description.os->text() +
                   ", and this one tells no version",
               "VERSION_ID is missing in os-release");
    else if (description.os && !description.os->contains(*facts.os_version))
        refuse("os",
               "needs an operating system in " + description.os->text() + ", and this one is " +
                   facts.os_version->to_string(),
               "use a bundle that was made for this release");
    if (!description.architectures.empty() &&
        !contains(description.architectures, facts.architecture))
        refuse("architectures",
               "is made for " + joined(description.architectures) + ", and this machine is " +
                   facts.architecture,
               "use a bundle that was made for this architecture");
    if (!description.compatible.empty() && !contains(description.compatible, facts.machine))
        refuse("compatible",
               "is made for the machines " + joined(description.compatible) + ", and this one is " +
                   (facts.machine.empty() ? "not named" : "'" + facts.machine + "'"),
               "the name of the machine is 'machine' in agent.toml");
}

void check_successor(const Candidate& candidate, const model::InstalledBundle& there,
                     const Request& request, Problems& problems) {
    const auto& wanted = candidate.description;
    if (there.description.version == wanted.version)
        problems.push_back({.code = ErrorCode::conflict,
                            .where = label(wanted),
                            .key = "version",
                            .message = "this version is installed with other content (" +
                                       there.digest.hex().substr(0, 12) + ", the file has " +
                                       candidate.digest.hex().substr(0, 12) + ")",
                            .hint = "new content needs a new version"});
    if (there.anchor == candidate.anchor) return;
    if (candidate.anchor.empty())
        problems.push_back({.code = ErrorCode::untrusted,
                            .where = label(wanted),
                            .key = {},
                            .message = "is not signed, and the installed " +
                                       there.description.version.to_string() + " is",
                            .hint = "a signed bundle is only replaced by a signed one"});
    else if (!request.allow_signer_change)
        problems.push_back(
            {.code = ErrorCode::untrusted,
             .where = label(wanted),
             .key = {},
             .message = "comes from another trust anchor (" + candidate.anchor.substr(0, 12) +
                        ") than the installed " + there.description.version.to_string() + " (" +
                        (there.anchor.empty() ? "not signed" : there.anchor.substr(0, 12)) + ")",
             .hint = "--allow-signer-change lets it take over the id"});
}

void check_floor(const Candidate& candidate, const Request& request, const MachineFacts& facts,
                 Problems& problems) {
    const auto& wanted = candidate.description;
    const auto floor = facts.floors.find(wanted.id);
    if (request.allow_downgrade || floor == facts.floors.end() || !(wanted.version < floor->second))
        return;
    problems.push_back(
        {.code = ErrorCode::untrusted,
         .where = label(wanted),
         .key = "version",
         .message = "is lower than " + floor->second.to_string() + ", which ran on this machine",
         .hint = "--allow-downgrade lets it in"});
}

void check_failed_sets(const model::Sha256& digest, const MachineFacts& facts, Problems& problems) {
    const auto failed = facts.failed_sets.find(digest);
    if (failed == facts.failed_sets.end()) return;
    problems.push_back({.code = ErrorCode::conflict,
                        .where = {},
                        .key = {},
                        .message = "this set of bundles was tried before and " + failed->second,
                        .hint = "--retry tries it again"});
}

}  // namespace agent::planning
