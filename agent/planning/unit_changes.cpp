// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/unit_changes.hpp"

#include <algorithm>

#include "agent/model/unit_name.hpp"
#include "agent/planning/restart_order.hpp"
#include "agent/units/pause.hpp"

namespace agent::planning {

namespace {

using model::InstalledBundle;
using model::InstalledSet;

std::vector<std::string> units_of(const model::Container& container) {
    std::vector<std::string> names = {model::container_service(container.name)};
    // Else a pause would keep the next start waiting.
    if (auto pause = units::pause_unit(container)) names.push_back(std::move(*pause));
    return names;
}

void append(std::vector<std::string>& list, const std::vector<std::string>& more) {
    list.insert(list.end(), more.begin(), more.end());
}

/// The services of a bundle that are only in one of two sets of units, with what upholds them.
std::vector<std::string> services_only_in_one(const InstalledBundle& bundle,
                                              const units::RenderedUnits& other) {
    std::vector<std::string> names;
    for (const auto& container : bundle.description.containers)
        if (other.files.count(model::container_service(container.name)) == 0)
            append(names, units_of(container));
    if (!names.empty())
        names.insert(names.begin(), model::bundle_restart_target(bundle.description.id));
    return names;
}

void plan_restarts(const InstalledSet& installed, const units::RenderedUnits& before, Plan& plan) {
    std::set<std::string> changed;
    for (auto& service : units::services_to_restart(before, plan.units))
        if (before.files.count(service) != 0) changed.insert(std::move(service));
    plan.restart_order = restart_order(plan.result, {changed.begin(), changed.end()});
    // What is new is not restarted, though it may be bound to something that is.
    std::erase_if(plan.restart_order,
                  [&](const auto& service) { return before.files.count(service) == 0; });
    for (const auto& service : plan.restart_order)
        if (changed.count(service) != 0) plan.restart.push_back(service);
    // What crashed too often is to start in its new shape at once.
    plan.pauses = pauses_of(installed, changed);
    append(plan.pauses, pauses_of(plan.result, changed));
    std::sort(plan.pauses.begin(), plan.pauses.end());
    plan.pauses.erase(std::unique(plan.pauses.begin(), plan.pauses.end()), plan.pauses.end());
}

}  // namespace

std::vector<std::string> pauses_of(const InstalledSet& set, const std::set<std::string>& services) {
    std::vector<std::string> names;
    for (const auto& [id, bundle] : set.bundles)
        for (const auto& container : bundle.description.containers)
            if (services.count(model::container_service(container.name)) != 0)
                if (auto pause = units::pause_unit(container)) names.push_back(std::move(*pause));
    return names;
}

void plan_units(const InstalledSet& installed, const MachineFacts& facts, Plan& plan) {
    const auto before = render(installed, facts);
    plan.units = render(plan.result, facts);
    for (const auto& [name, text] : before.files)
        if (plan.units.files.count(name) == 0) plan.gone.push_back(name);
    for (const auto& id : plan.remove)
        append(plan.stop, units_to_stop(*installed.find(id)));
    for (auto candidate = plan.add.rbegin(); candidate != plan.add.rend(); ++candidate) {
        const auto& id = candidate->description.id;
        const auto& bundle = *plan.result.find(id);
        if (const auto* there = installed.find(id)) {
            append(plan.stop, services_only_in_one(*there, plan.units));
            append(plan.added, services_only_in_one(bundle, before));
        } else {
            append(plan.added, units_to_stop(bundle));
        }
    }
    for (const auto& candidate : plan.add)
        plan.start.push_back(model::bundle_target(candidate.description.id));
    plan_restarts(installed, before, plan);
}

std::vector<std::string> units_to_stop(const model::InstalledBundle& bundle) {
    // A restart target would bring back what stops beside it. A target stops before its containers
    // do, so that these are named too: nothing may vanish that still runs.
    const auto& id = bundle.description.id;
    std::vector<std::string> names = {model::bundle_restart_target(id), model::bundle_target(id)};
    for (const auto& container : bundle.description.containers)
        append(names, units_of(container));
    return names;
}

}  // namespace agent::planning
