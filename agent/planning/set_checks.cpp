// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

#include "agent/planning/checks.hpp"

namespace agent::planning {

namespace {

using model::BundleId;
using model::ErrorCode;
using model::InstalledSet;
using model::Problem;
using model::Problems;

void check_one_base(const InstalledSet& result, Problems& problems) {
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

/// Walks the requirements of a set, each bundle once, and tells every circle that it meets.
class CircleSearch {
  public:
    CircleSearch(const InstalledSet& set, Problems& problems) : set_(set), problems_(problems) {
        for (const auto& [id, bundle] : set.bundles)
            visit(id);
    }

  private:
    void visit(const BundleId& id) {
        const auto* bundle = set_.find(id);
        if (bundle == nullptr) return;
        const auto [state, fresh] = on_path_.emplace(id, true);
        if (!fresh) {
            if (state->second) tell(id);
            return;
        }
        path_.push_back(id.value());
        for (const auto& requirement : bundle->description.requires_bundles)
            visit(requirement.id);
        path_.pop_back();
        state->second = false;
    }

    void tell(const BundleId& id) {
        const auto start = std::find(path_.begin(), path_.end(), id.value());
        problems_.push_back(
            {.code = ErrorCode::conflict,
             .where = id.value(),
             .key = "requires",
             .message = "bundles require each other in a circle: " + joined({start, path_.end()}),
             .hint = {}});
    }

    const InstalledSet& set_;
    Problems& problems_;
    std::vector<std::string> path_;
    /// Every bundle that was visited, and whether it still is.
    std::map<BundleId, bool> on_path_;
};

/// Ids of the bundles that have a container of that name.
using Owners = std::unordered_map<std::string, std::vector<std::string>>;

Owners owners_of_containers(const InstalledSet& set) {
    Owners owners;
    for (const auto& [id, bundle] : set.bundles)
        for (const auto* containers :
             {&bundle.description.containers, &bundle.description.init_containers})
            for (const auto& container : *containers)
                owners[container.name.value()].push_back(id.value());
    return owners;
}

Problem taken(const model::Description& description, std::string message) {
    return {.code = ErrorCode::conflict,
            .where = label(description),
            .key = "containers",
            .message = std::move(message),
            .hint = "names are unique on a machine: choose another one"};
}

/// Of each bundle that is removed, those of the result that require it.
std::map<BundleId, std::vector<BundleId>> left_behind(const InstalledSet& result,
                                                      const std::set<BundleId>& removed) {
    std::map<BundleId, std::vector<BundleId>> dependants;
    if (removed.empty()) return dependants;
    for (const auto& [id, bundle] : result.bundles)
        for (const auto& requirement : bundle.description.requires_bundles)
            if (removed.count(requirement.id) != 0) dependants[requirement.id].push_back(id);
    return dependants;
}

}  // namespace

void check_requirements(const InstalledSet& result, const std::set<BundleId>& removed,
                        Problems& problems) {
    for (const auto& [id, bundle] : result.bundles) {
        for (const auto& requirement : bundle.description.requires_bundles) {
            if (removed.count(requirement.id) != 0) continue;
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
    const CircleSearch search(result, problems);
}

void check_names(const InstalledSet& result, const Brought& brought, const MachineFacts& facts,
                 Problems& problems) {
    if (brought.empty()) return;
    const auto owners = owners_of_containers(result);
    for (const auto* candidate : brought) {
        const auto& description = candidate->description;
        for (const auto* containers : {&description.containers, &description.init_containers})
            for (const auto& container : *containers)
                for (const auto& owner : owners.at(container.name.value()))
                    if (owner != description.id.value())
                        problems.push_back(
                            taken(description, "the container name '" + container.name.value() +
                                                   "' is taken by the bundle " + owner));
        for (const auto& unit : unit_names(description)) {
            const auto foreign = facts.foreign_units.find(unit);
            if (foreign != facts.foreign_units.end())
                problems.push_back(taken(
                    description,
                    "the unit name '" + unit + "' is taken by the host's unit " + foreign->second));
        }
    }
}

void check_removal(const InstalledSet& installed, const InstalledSet& result,
                   const std::set<BundleId>& removed, Problems& problems) {
    const auto dependants = left_behind(result, removed);
    for (const auto& id : removed) {
        const auto refuse = [&](ErrorCode code, std::string message, std::string hint) {
            problems.push_back({.code = code,
                                .where = id.value(),
                                .key = {},
                                .message = std::move(message),
                                .hint = std::move(hint)});
        };
        if (installed.find(id) == nullptr)
            refuse(ErrorCode::not_found, "is not installed", "'update-agent list' shows what is");
        if (result.find(id) != nullptr) {
            refuse(ErrorCode::conflict, "is asked to be removed and to be installed",
                   "name it once");
            continue;
        }
        const auto found = dependants.find(id);
        if (found == dependants.end()) continue;
        for (const auto& dependant : found->second) {
            const bool stays = installed.find(dependant) != nullptr;
            refuse(ErrorCode::conflict, "is required by " + dependant.value(),
                   stays ? "remove " + dependant.value() + " too, in the same command"
                         : "keep it, or leave " + dependant.value() + " out");
        }
    }
}

std::vector<BundleId> by_requirements(const InstalledSet& set) {
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
