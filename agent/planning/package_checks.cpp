// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "agent/planning/checks.hpp"

namespace agent::planning {

namespace {

using model::ErrorCode;
using model::PackageRefusal;
using model::Problem;

Problem missing(const Candidate& candidate, const std::string& package, const std::string& version,
                const std::string& name) {
    return {.code = ErrorCode::conflict,
            .where = label(candidate.description),
            .key = "host-packages",
            .message =
                "needs the Debian package " + package + ", " +
                (version.empty() ? "which is not installed" : "and " + version + " is installed"),
            .hint = "apt install " + name +
                    (version.empty() && !candidate.kept ? ", or --install-host-packages brings it"
                                                        : "")};
}

Problem refused(const std::string& where, const std::string& need, const PackageRefusal& refusal) {
    return {.code = refusal.untrusted ? ErrorCode::untrusted : ErrorCode::conflict,
            .where = where,
            .key = "host-packages",
            .message = need + refusal.text,
            .hint = refusal.hint};
}

}  // namespace

void check_host_packages(const Candidate& candidate, const MachineFacts& facts,
                         model::Problems& problems) {
    for (const auto& package : candidate.description.host_packages) {
        const auto there = facts.missing_packages.find(to_string(package));
        if (there == facts.missing_packages.end()) continue;
        if (!facts.packages) {
            problems.push_back(missing(candidate, there->first, there->second, package.name));
            continue;
        }
        for (const auto& refusal : facts.packages->refusals)
            if (refusal.package == package.name)
                problems.push_back(refused(label(candidate.description),
                                           "needs the Debian package " + there->first + "; ",
                                           refusal));
    }
}

void check_package_proposal(const MachineFacts& facts, model::Problems& problems) {
    if (!facts.packages) return;
    for (const auto& refusal : facts.packages->refusals)
        if (refusal.package.empty())
            problems.push_back(refused({}, "the Debian packages: ", refusal));
}

}  // namespace agent::planning
