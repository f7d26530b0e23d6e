// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/steps.hpp"

#include <algorithm>
#include <set>

#include "agent/model/unit_name.hpp"

namespace agent::operations {

namespace {

std::set<std::string> image_ids(const EngineInventory& engine) {
    std::set<std::string> ids;
    for (const auto& image : engine.images)
        ids.insert(image.id.hex());
    return ids;
}

std::set<std::string> container_names(const EngineInventory& engine) {
    std::set<std::string> names;
    for (const auto& container : engine.containers)
        names.insert(container.name);
    return names;
}

store::Generation to_generation(const planning::Plan& plan, const StepInput& input) {
    store::Generation generation;
    generation.info = {.number = plan.result.generation,
                       .parent = input.current_generation,
                       .reason = input.reason,
                       .time = input.time,
                       .systemd_version = input.systemd_version};
    generation.set = plan.result;
    generation.units = plan.units.files;
    generation.wants = plan.units.wants;
    generation.has_devices = plan.units.has_devices;
    for (const auto& [name, spec] : plan.specs)
        generation.containers[name.value()] = containers::to_text(spec);
    return generation;
}

void acquire(const planning::Plan& plan, const StepInput& input, const store::Paths& paths,
             std::vector<Effect>& effects) {
    for (const auto& candidate : plan.add) {
        const auto& description = candidate.description;
        const bool kept =
            std::find(input.kept.begin(), input.kept.end(), description.id) != input.kept.end();
        effects.emplace_back(
            KeepBundle{.id = description.id,
                       .directory = paths.bundle(description.id, description.version),
                       .kept_already = kept});
    }
    if (input.offline) return;
    auto there = image_ids(input.engine);
    bool brought = false;
    for (const auto& candidate : plan.add) {
        const auto& description = candidate.description;
        for (const auto& container : description.containers) {
            if (!there.insert(container.image_id->hex()).second) continue;
            effects.emplace_back(
                BringImage{.layout = paths.bundle(description.id, description.version) / "images",
                           .id = *container.image_id,
                           .name = container.image});
            brought = true;
        }
    }
    if (brought) effects.emplace_back(SyncEngineStore{});
}

void stage(const planning::Plan& plan, const StepInput& input, std::vector<Effect>& effects) {
    if (!input.offline) {
        const auto there = container_names(input.engine);
        for (const auto& [name, spec] : plan.specs)
            if (there.count(spec.container.podman_name) == 0)
                effects.emplace_back(CreateContainer{.podman_name = spec.container.podman_name,
                                                     .arguments = spec.arguments});
    }
    effects.emplace_back(WriteGeneration{to_generation(plan, input)});
}

void switch_over(const planning::Plan& plan, const StepInput& input, std::vector<Effect>& effects) {
    if (!input.offline && !plan.stop.empty()) {
        StopUnits stop{.units = plan.stop, .targets = {}};
        for (const auto& id : plan.remove)
            stop.targets.push_back(model::bundle_target(id));
        effects.emplace_back(std::move(stop));
    }
    effects.emplace_back(Activate{.from = input.current_generation, .to = plan.result.generation});
    if (input.offline || (plan.start.empty() && plan.restart.empty())) return;
    StartUnits start{.restart = plan.restart, .targets = plan.start, .added = {}};
    for (auto candidate = plan.add.rbegin(); candidate != plan.add.rend(); ++candidate)
        for (auto& unit : planning::units_to_stop(*plan.result.find(candidate->description.id)))
            start.added.push_back(std::move(unit));
    // The first bundle brings the target up that everything hangs on; later ones leave it alone,
    // because an admin may have stopped it.
    if (plan.result.bundles.size() == plan.add.size()) {
        start.targets.insert(start.targets.begin(), std::string(model::kInstalledBundlesTarget));
        start.added.emplace_back(model::kInstalledBundlesTarget);
    }
    effects.emplace_back(std::move(start));
}

void verify(const planning::Plan& plan, std::vector<Effect>& effects) {
    WatchHealth watch{.containers = {}, .bounds = {}};
    for (const auto& candidate : plan.add) {
        using std::chrono::ceil;
        using std::chrono::milliseconds;
        const auto& description = candidate.description;
        watch.bounds.start_timeout =
            std::max(watch.bounds.start_timeout, ceil<milliseconds>(description.start_timeout));
        watch.bounds.settle_time =
            std::max(watch.bounds.settle_time, ceil<milliseconds>(description.settle_time));
        for (const auto& container : description.containers)
            watch.containers.push_back(
                {.service = model::container_service(container.name),
                 .podman_name = plan.specs.at(container.name).container.podman_name,
                 .health_check = container.health.has_value()});
    }
    if (!watch.containers.empty()) effects.emplace_back(std::move(watch));
}

}  // namespace

std::vector<Effect> effects_of(const planning::Plan& plan, const StepInput& input,
                               const store::Paths& paths) {
    std::vector<Effect> effects;
    acquire(plan, input, paths, effects);
    stage(plan, input, effects);
    switch_over(plan, input, effects);
    if (!input.offline) verify(plan, effects);
    effects.emplace_back(
        NoteState{.generation = plan.result.generation,
                  .state = {.confirmed = !input.offline, .failed = false, .boots = 0}});
    return effects;
}

}  // namespace agent::operations
