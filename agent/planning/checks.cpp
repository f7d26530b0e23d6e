// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/checks.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "agent/model/unit_name.hpp"

namespace agent::planning {

namespace {

using model::BundleId;
using model::ErrorCode;
using model::Problems;

std::string label(const model::Description& description) {
    return description.id.value() + " " + description.version.to_string();
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

void check_one_base(const model::InstalledSet& result, Problems& problems) {
    std::vector<std::string> bases;
    for (const auto& [id, bundle] : result.bundles)
        if (bundle.description.type == model::BundleType::base)
            bases.push_back(label(bundle.description));
    if (bases.size() > 1)
        problems.push_back({.code = ErrorCode::conflict,
                            .where = {},
                            .key = "type",
                            .message = "there can be one base bundle only, not " + joined(bases),
                            .hint = "remove the other base, or make this one an addon"});
}

void check_cycles(const model::InstalledSet& result, Problems& problems) {
    std::set<BundleId> done;
    std::vector<BundleId> path;
    std::function<void(const BundleId&)> visit = [&](const BundleId& id) {
        const auto start = std::find(path.begin(), path.end(), id);
        if (start != path.end()) {
            std::vector<std::string> names;
            for (auto step = start; step != path.end(); ++step)
                names.push_back(step->value());
            problems.push_back(
                {.code = ErrorCode::conflict,
                 .where = id.value(),
                 .key = "requires",
                 .message = "bundles require each other in a circle: " + joined(names),
                 .hint = {}});
            return;
        }
        const auto* bundle = result.find(id);
        if (bundle == nullptr || !done.insert(id).second) return;
        path.push_back(id);
        for (const auto& requirement : bundle->description.requires_bundles)
            visit(requirement.id);
        path.pop_back();
    };
    for (const auto& [id, bundle] : result.bundles)
        visit(id);
}

}  // namespace

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

void check_requirements(const model::InstalledSet& result, Problems& problems) {
    for (const auto& [id, bundle] : result.bundles) {
        for (const auto& requirement : bundle.description.requires_bundles) {
            const auto* there = result.find(requirement.id);
            if (there != nullptr && requirement.version.contains(there->description.version))
                continue;
            const auto wanted = requirement.id.value() + " " + requirement.version.text();
            problems.push_back(
                {.code = ErrorCode::conflict,
                 .where = label(bundle.description),
                 .key = "requires",
                 .message =
                     "requires " + wanted + ", and " +
                     (there == nullptr ? requirement.id.value() + " is not installed"
                                       : there->description.version.to_string() + " is there"),
                 .hint = "install " + wanted + " before it or together with it"});
        }
    }
    check_one_base(result, problems);
    check_cycles(result, problems);
}

void check_names(const model::InstalledSet& result, const Request& request,
                 const MachineFacts& facts, Problems& problems) {
    for (const auto& candidate : request.add) {
        const auto& description = candidate.description;
        const auto refuse = [&](const std::string& key, std::string message) {
            problems.push_back({.code = ErrorCode::conflict,
                                .where = label(description),
                                .key = key,
                                .message = std::move(message),
                                .hint = "names are unique on a machine: choose another one"});
        };
        for (const auto& container : description.containers) {
            for (const auto& [id, other] : result.bundles) {
                if (id == description.id) continue;
                for (const auto& taken : other.description.containers)
                    if (taken.name == container.name)
                        refuse("containers", "the container name '" + container.name.value() +
                                                 "' is taken by the bundle " + id.value());
            }
        }
        for (const auto& unit : unit_names({candidate})) {
            const auto foreign = facts.foreign_units.find(unit);
            if (foreign != facts.foreign_units.end())
                refuse("containers", "the unit name '" + unit + "' is taken by the host's unit " +
                                         foreign->second);
        }
    }
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

void check_removal(const model::InstalledSet& installed, const Request& request,
                   Problems& problems) {
    const std::set<BundleId> removed(request.remove.begin(), request.remove.end());
    for (const auto& id : removed) {
        if (installed.find(id) == nullptr) {
            problems.push_back({.code = ErrorCode::not_found,
                                .where = id.value(),
                                .key = {},
                                .message = "is not installed",
                                .hint = "'update-agent list' shows what is"});
            continue;
        }
        for (const auto& dependant : installed.required_by(id)) {
            if (removed.count(dependant) != 0) continue;
            problems.push_back(
                {.code = ErrorCode::conflict,
                 .where = id.value(),
                 .key = {},
                 .message = "is required by " + dependant.value(),
                 .hint = "remove " + dependant.value() + " too, in the same command"});
        }
    }
}

std::vector<BundleId> by_requirements(const model::InstalledSet& set) {
    std::vector<BundleId> order;
    std::set<BundleId> done;
    std::function<void(const BundleId&)> visit = [&](const BundleId& id) {
        const auto* bundle = set.find(id);
        if (bundle == nullptr || !done.insert(id).second) return;
        for (const auto& requirement : bundle->description.requires_bundles)
            visit(requirement.id);
        order.push_back(id);
    };
    for (const auto& [id, bundle] : set.bundles)
        visit(id);
    return order;
}

}  // namespace agent::planning
