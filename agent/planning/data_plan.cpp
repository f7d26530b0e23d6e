// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/data_plan.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "agent/model/unit_name.hpp"
#include "agent/planning/file_plan.hpp"
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

bool is_volume(const InstalledSet& set, const std::string& host_path, const VolumeRoots& roots) {
    for (const auto& [id, bundle] : set.bundles)
        for (const auto& volume : volumes_of(bundle.description, roots))
            if (volume.host_path == host_path) return true;
    return false;
}

/// What comes back has its data from when it was there; what goes keeps its own.
std::vector<DataStep> steps_of(const InstalledSet& installed, const Request& request,
                               const VolumeRoots& roots, const Plan& plan) {
    std::vector<DataStep> steps;
    if (auto change = file_change(installed, request, roots, plan)) steps.emplace_back(*change);
    for (const auto& restore : request.restores)
        if (is_volume(plan.result, restore.host_path, roots)) steps.emplace_back(restore);
    for (const auto& candidate : plan.add)
        if (!candidate.kept)
            for (const auto& container : candidate.description.init_containers)
                steps.emplace_back(to_run(plan, candidate.description, container, roots));
    return steps;
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
    const auto writes = writes_of(plan.data.late);
    const std::set<std::string> stopped(plan.stop.begin(), plan.stop.end());
    plan.data.hold = restart_order(installed, holders(installed, roots, writes));
    const std::set<std::string> held(plan.data.hold.begin(), plan.data.hold.end());
    std::erase_if(plan.data.hold, [&](const auto& each) { return stopped.count(each) != 0; });
    for (const auto& [id, bundle] : installed.bundles) {
        if (plan.result.find(id) == nullptr) continue;
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

std::vector<std::string> writes_of(const DataStep& step) {
    if (const auto* restore = std::get_if<RestoreData>(&step)) return {restore->host_path};
    if (const auto* change = std::get_if<FileChange>(&step)) return change->writes;
    return std::get<InitRun>(step).writes;
}

std::vector<std::string> writes_of(const std::vector<DataStep>& steps) {
    std::set<std::string> all;
    for (const auto& step : steps)
        for (auto& path : writes_of(step))
            all.insert(std::move(path));
    return {all.begin(), all.end()};
}

std::vector<InitRun> init_runs(const DataPlan& data) {
    std::vector<InitRun> runs;
    for (const auto* steps : {&data.early, &data.late})
        for (const auto& step : *steps)
            if (const auto* run = std::get_if<InitRun>(&step)) runs.push_back(*run);
    return runs;
}

void plan_data(const InstalledSet& installed, const Request& request, const VolumeRoots& roots,
               Plan& plan) {
    auto steps = steps_of(installed, request, roots, plan);
    const auto waits = std::find_if(steps.begin(), steps.end(), [&](const auto& step) {
        return !holders(installed, roots, writes_of(step)).empty();
    });
    plan.data.early.assign(std::make_move_iterator(steps.begin()), std::make_move_iterator(waits));
    plan.data.late.assign(std::make_move_iterator(waits), std::make_move_iterator(steps.end()));
    plan_hold(installed, roots, plan);
    if (!plan.data.hold.empty()) add_to_restarts(plan);
}

}  // namespace agent::planning
