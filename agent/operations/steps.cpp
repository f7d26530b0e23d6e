// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/steps.hpp"

#include <algorithm>
#include <set>

#include "agent/model/unit_name.hpp"
#include "agent/operations/inventory.hpp"

namespace agent::operations {

namespace {

/// The texts of what stays, as they are, and of what comes.
std::map<std::string, std::string> container_texts(const planning::Plan& plan,
                                                   const StepInput& input) {
    std::map<std::string, std::string> texts;
    for (const auto& [name, text] : input.containers)
        if (const auto parsed = model::ContainerName::parse(name);
            parsed && plan.result.owner_of(*parsed) != nullptr)
            texts[name] = text;
    for (const auto& [name, spec] : plan.specs)
        texts[name.value()] = containers::to_text(spec);
    return texts;
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
    generation.containers = container_texts(plan, input);
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
    std::set<model::Sha256> brought;
    for (const auto& candidate : plan.add) {
        const auto& description = candidate.description;
        for (const auto& container : description.containers) {
            const auto& id = *container.image_id;
            if (has_image(input.engine, id) || !brought.insert(id).second) continue;
            effects.emplace_back(
                BringImage{.layout = paths.bundle(description.id, description.version) / "images",
                           .id = id,
                           .name = container.image,
                           .named_before = image_named(input.engine, container.image)});
        }
    }
}

bool writes_engine_store(const Effect& effect) {
    return std::holds_alternative<BringImage>(effect) ||
           std::holds_alternative<CreateContainer>(effect);
}

void stage(const planning::Plan& plan, const StepInput& input, std::vector<Effect>& effects) {
    if (!input.offline) {
        for (const auto& [name, spec] : plan.specs)
            if (!has_container(input.engine, spec.container))
                effects.emplace_back(CreateContainer{.podman_name = spec.container.podman_name,
                                                     .arguments = spec.arguments});
        if (std::any_of(effects.begin(), effects.end(), writes_engine_store))
            effects.emplace_back(SyncEngineStore{});
    }
    effects.emplace_back(WriteGeneration{to_generation(plan, input)});
}

/// The longest of the bundles' times.
HealthBounds bounds_of(const std::vector<planning::Candidate>& added) {
    using std::chrono::ceil;
    using std::chrono::milliseconds;
    HealthBounds bounds{};
    for (const auto& candidate : added) {
        const auto& description = candidate.description;
        bounds.start_timeout =
            std::max(bounds.start_timeout, ceil<milliseconds>(description.start_timeout));
        bounds.settle_time =
            std::max(bounds.settle_time, ceil<milliseconds>(description.settle_time));
    }
    return bounds;
}

void switch_over(const planning::Plan& plan, const StepInput& input, std::vector<Effect>& effects) {
    if (!input.offline && !plan.stop.empty()) {
        StopUnits stop{.units = plan.stop, .targets = {}};
        for (const auto& id : plan.remove)
            stop.targets.push_back(model::bundle_target(id));
        effects.emplace_back(std::move(stop));
    }
    effects.emplace_back(
        Activate{.from = input.current_generation,
                 .to = plan.result.generation,
                 .restart = input.offline ? std::vector<std::string>() : plan.restart});
    if (input.offline || plan.start.empty()) return;
    StartUnits start{
        .targets = plan.start, .added = {}, .bound = bounds_of(plan.add).start_timeout};
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

bool adds(const planning::Plan& plan, const model::BundleId& id) {
    return std::any_of(plan.add.begin(), plan.add.end(),
                       [&](const auto& each) { return each.description.id == id; });
}

WatchedContainer watched(const model::InstalledBundle& bundle, std::size_t index) {
    const auto& container = bundle.description.containers[index];
    return {.service = model::container_service(container.name),
            .podman_name = bundle.containers[index].podman_name,
            .health_check = container.health.has_value()};
}

void verify(const planning::Plan& plan, std::vector<Effect>& effects) {
    WatchHealth watch{.containers = {}, .changed = {}, .bounds = bounds_of(plan.add)};
    const std::set<std::string> restart(plan.restart.begin(), plan.restart.end());
    for (const auto& [id, bundle] : plan.result.bundles) {
        const bool added = adds(plan, id);
        for (std::size_t i = 0; i < bundle.containers.size(); ++i) {
            auto container = watched(bundle, i);
            if (added)
                watch.containers.push_back(std::move(container));
            else if (restart.count(container.service) != 0)
                watch.changed.push_back(std::move(container));
        }
    }
    if (!watch.containers.empty() || !watch.changed.empty()) effects.emplace_back(std::move(watch));
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
