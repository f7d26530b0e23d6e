// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/data_plan.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "agent/model/unit_name.hpp"
#include "agent/planning/restart_order.hpp"

namespace agent::planning {

namespace {

using model::InstalledSet;
using model::VolumeRoots;

InitRun to_run(const Plan& plan, const model::Description& bundle,
               const model::Container& container, const VolumeRoots& roots) {
    const auto placement = containers::place(plan.result, bundle, container, roots);
    InitRun run{.spec = containers::make_init_spec(bundle.id, container, placement),
                .max_wait = kDefaultMaxWait,
                .writes = {}};
    if (container.max_wait)
        run.max_wait = std::chrono::ceil<std::chrono::milliseconds>(*container.max_wait);
    for (const auto& mount : placement.mounts)
        if (!mount.read_only) run.writes.push_back(mount.host_path);
    return run;
}

/// What comes back has its data from when it was there.
std::vector<InitRun> runs_of(const Plan& plan, const VolumeRoots& roots) {
    std::vector<InitRun> runs;
    for (const auto& candidate : plan.add)
        if (!candidate.kept)
            for (const auto& container : candidate.description.init_containers)
                runs.push_back(to_run(plan, candidate.description, container, roots));
    return runs;
}

bool meet(const std::string& path, const std::vector<std::string>& paths) {
    return std::any_of(paths.begin(), paths.end(),
                       [&path](const auto& each) { return model::overlap(path, each); });
}

/// Services of the set that have any of these directories, be it to read them only.
std::vector<std::string> holders(const InstalledSet& set, const VolumeRoots& roots,
                                 const std::vector<std::string>& paths) {
    std::vector<std::string> services;
    for (const auto& [id, bundle] : set.bundles)
        for (const auto& container : bundle.description.containers) {
            const auto placement = containers::place(set, bundle.description, container, roots);
            if (std::any_of(placement.mounts.begin(), placement.mounts.end(),
                            [&](const auto& mount) { return meet(mount.host_path, paths); }))
                services.push_back(model::container_service(container.name));
        }
    return services;
}

void plan_hold(const InstalledSet& installed, const VolumeRoots& roots, Plan& plan) {
    std::vector<std::string> writes;
    for (const auto& run : plan.data.late)
        writes.insert(writes.end(), run.writes.begin(), run.writes.end());
    const std::set<std::string> stopped(plan.stop.begin(), plan.stop.end());
    plan.data.hold = restart_order(installed, holders(installed, roots, writes));
    std::erase_if(plan.data.hold, [&](const auto& each) { return stopped.count(each) != 0; });
    const std::set<std::string> held(plan.data.hold.begin(), plan.data.hold.end());
    for (const auto& [id, bundle] : installed.bundles) {
        const auto& containers = bundle.description.containers;
        if (std::any_of(containers.begin(), containers.end(), [&](const auto& container) {
                return held.count(model::container_service(container.name)) != 0;
            }))
            plan.data.hold_bundles.push_back(id);
    }
}

/// Whoever looks at what restarts is to see what is held, too.
void add_to_restarts(Plan& plan) {
    std::set<std::string> all(plan.restart_order.begin(), plan.restart_order.end());
    all.insert(plan.data.hold.begin(), plan.data.hold.end());
    const auto order = restart_order(plan.result, {all.begin(), all.end()});
    plan.restart_order.clear();
    std::copy_if(order.begin(), order.end(), std::back_inserter(plan.restart_order),
                 [&](const auto& service) { return all.count(service) != 0; });
}

}  // namespace

void plan_data(const InstalledSet& installed, const VolumeRoots& roots, Plan& plan) {
    auto runs = runs_of(plan, roots);
    const auto waits = std::find_if(runs.begin(), runs.end(), [&](const auto& run) {
        return !holders(installed, roots, run.writes).empty();
    });
    plan.data.early.assign(std::make_move_iterator(runs.begin()), std::make_move_iterator(waits));
    plan.data.late.assign(std::make_move_iterator(waits), std::make_move_iterator(runs.end()));
    plan_hold(installed, roots, plan);
    if (!plan.data.hold.empty()) add_to_restarts(plan);
}

}  // namespace agent::planning
