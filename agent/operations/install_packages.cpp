// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/install_packages.hpp"

#include <algorithm>
#include <set>

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;
using Wanted = std::vector<model::HostPackage>;

/// Of what is installed with the same content nothing is judged again, so nothing is brought.
Wanted wanted_by(const model::InstalledSet& installed,
                 const std::vector<planning::Candidate>& candidates) {
    Wanted wanted;
    for (const auto& candidate : candidates) {
        const auto* there = installed.find(candidate.description.id);
        if (there != nullptr && there->digest == candidate.digest) continue;
        const auto& packages = candidate.description.host_packages;
        wanted.insert(wanted.end(), packages.begin(), packages.end());
    }
    return wanted;
}

std::set<std::string> names_of_missing(const Wanted& wanted,
                                       const std::vector<host::PackageState>& states) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (!states[i].satisfies) names.insert(wanted[i].name);
    return names;
}

/// All relations to these packages, those of bundles that stay included: what comes has to suit
/// them as well.
Wanted relations_to(const std::set<std::string>& names, Wanted wanted,
                    const model::InstalledSet& installed,
                    const std::vector<planning::Candidate>& candidates) {
    for (const auto& [id, bundle] : installed.bundles) {
        const bool replaced = std::any_of(candidates.begin(), candidates.end(),
                                          [&id = id](const planning::Candidate& candidate) {
                                              return candidate.description.id == id;
                                          });
        const auto& packages = bundle.description.host_packages;
        if (!replaced) wanted.insert(wanted.end(), packages.begin(), packages.end());
    }
    std::erase_if(wanted, [&names](const auto& each) { return names.count(each.name) == 0; });
    return wanted;
}

}  // namespace

Result<> install_packages(const InstallPackages& effect, World& world) {
    return world.context.host.package_installer.install(effect.packages);
}

Result<> undo_install_packages(const InstallPackages& effect, World& world) {
    TRY_ASSIGN(const auto stays, world.context.host.package_installer.remove(effect.packages));
    for (const auto& text : stays) {
        world.context.progress.warning("Debian packages: " + text);
        world.notes.push_back("Debian packages: " + text);
    }
    return {};
}

Result<std::optional<model::PackageProposal>> propose_packages(
    const Context& context, const model::InstalledSet& installed,
    const std::vector<planning::Candidate>& candidates) {
    std::optional<model::PackageProposal> none;
    if (context.offline)
        return model::fail(ErrorCode::conflict,
                           "--install-host-packages installs on the running machine only, and not "
                           "below " +
                               context.paths.root().string() +
                               ": install the packages there first");
    const auto wanted = wanted_by(installed, candidates);
    if (wanted.empty()) return none;
    TRY_ASSIGN(const auto states, context.host.packages.look_up(wanted));
    const auto missing = names_of_missing(wanted, states);
    if (missing.empty()) return none;
    TRY_ASSIGN(auto proposal, context.host.package_installer.propose(
                                  relations_to(missing, wanted, installed, candidates)));
    return std::optional(std::move(proposal));
}

}  // namespace agent::operations
