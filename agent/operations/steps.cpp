// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/steps.hpp"

#include <algorithm>
#include <set>

#include "agent/model/images.hpp"
#include "agent/model/overloaded.hpp"
#include "agent/model/store_mount.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/operations/hold.hpp"
#include "agent/operations/inventory.hpp"
#include "agent/operations/kept_snapshots.hpp"
#include "agent/operations/pull_image.hpp"

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

/// Those that are still there, and those that come.
std::set<model::Sha256> brought_images(const std::vector<Effect>& effects, const StepInput& input) {
    std::set<model::Sha256> brought;
    for (const auto& id : input.brought_images)
        if (input.offline || has_image(input.engine, id)) brought.insert(id);
    for (const auto& effect : effects) {
        if (const auto* image = std::get_if<BringImage>(&effect)) brought.insert(image->id);
        if (const auto* image = std::get_if<PullImage>(&effect)) brought.insert(image->id);
    }
    return brought;
}

store::Generation to_generation(const planning::Plan& plan, const StepInput& input,
                                const std::vector<Effect>& effects) {
    store::Generation generation;
    generation.info = {.number = plan.result.generation,
                       .parent = input.current_generation,
                       .reason = input.reason,
                       .time = input.time,
                       .systemd_version = input.systemd_version,
                       .brought_images = brought_images(effects, input)};
    generation.set = plan.result;
    generation.units = plan.units.files;
    generation.wants = plan.units.wants;
    generation.has_devices = plan.units.has_devices;
    generation.containers = container_texts(plan, input);
    return generation;
}

bool is_kept_already(const model::BundleId& id, const StepInput& input) {
    return std::find(input.kept.begin(), input.kept.end(), id) != input.kept.end();
}

bool is_verified_by_kernel(const planning::Plan& plan, const model::BundleId& id) {
    const auto& store = plan.result.find(id)->store;
    return store && store->verity;
}

/// What is put back may not be mounted any more.
void attach(const planning::Plan& plan, const StepInput& input, std::vector<Effect>& effects) {
    AttachImages attach;
    for (const auto& candidate : plan.add) {
        if (!candidate.store) continue;
        const auto& description = candidate.description;
        attach.bundles.push_back(model::kept_bundle_name(description.id, description.version));
        if (!candidate.kept && !is_kept_already(description.id, input))
            attach.fresh.push_back(attach.bundles.back());
    }
    if (!attach.bundles.empty()) effects.emplace_back(std::move(attach));
}

void acquire(const planning::Plan& plan, const StepInput& input, std::vector<Effect>& effects) {
    for (const auto& candidate : plan.add) {
        if (candidate.kept) continue;
        const auto& description = candidate.description;
        const bool kept = is_kept_already(description.id, input);
        effects.emplace_back(
            KeepBundle{.id = description.id,
                       .version = description.version,
                       .kept_already = kept,
                       .verity = !input.offline && is_verified_by_kernel(plan, description.id),
                       .delta_from = candidate.delta_from});
    }
    if (input.offline) return;
    attach(plan, input, effects);
    if (const auto& packages = plan.host_packages.packages; !packages.empty())
        effects.emplace_back(InstallPackages{packages});
    std::set<model::Sha256> brought;
    for (const auto& candidate : plan.add) {
        const auto& description = candidate.description;
        if (candidate.store) continue;
        for (const auto& image : model::images_of(description)) {
            const auto& id = *image.id;
            const auto named = image_named(input.engine, image.name);
            if (!brought.insert(id).second) continue;
            if (!has_image(input.engine, id))
                effects.push_back(bring(description, id, image.name, named));
            else if (named != id && can_be_named(description))
                effects.emplace_back(
                    NameImage{.id = id, .name = image.name, .named_before = named});
        }
    }
}

bool writes_engine_store(const Effect& effect) {
    return std::holds_alternative<BringImage>(effect) ||
           std::holds_alternative<PullImage>(effect) || std::holds_alternative<NameImage>(effect) ||
           std::holds_alternative<CreateContainer>(effect);
}

/// What is written to is kept as it was first; only once, because of two snapshots the first
/// counts.
void work_on_data(const std::vector<planning::DataStep>& steps, bool in_switch, unsigned to,
                  const StepInput& input, std::vector<Effect>& effects) {
    for (const auto& path : writes_of(steps))
        if (std::none_of(effects.begin(), effects.end(), [&path](const Effect& effect) {
                const auto* snapshot = std::get_if<SnapshotVolume>(&effect);
                return snapshot != nullptr && snapshot->path == path;
            }))
            effects.emplace_back(SnapshotVolume{
                .path = path,
                .snapshot = snapshot_path(input.volume_roots, input.current_generation, path)});
    for (const auto& step : steps)
        effects.push_back(std::visit(
            model::Overloaded{[&](const planning::FileChange& change) -> Effect {
                                  return ChangeFiles{
                                      .from = input.current_generation, .to = to, .change = change};
                              },
                              [](const planning::RestoreData& restore) -> Effect {
                                  return RestoreVolume{.path = restore.host_path,
                                                       .snapshot = restore.snapshot};
                              },
                              [&](const planning::InitRun& run) -> Effect {
                                  return RunInit{.podman_name = run.spec.container.podman_name,
                                                 .arguments = run.spec.arguments,
                                                 .max_wait = run.max_wait,
                                                 .in_switch = in_switch};
                              }},
            step));
}

/// What cannot be copied is to be known before anything is stopped for it.
void check_late_files(const planning::Plan& plan, const StepInput& input,
                      std::vector<Effect>& effects) {
    for (const auto& step : plan.data.late)
        if (const auto* change = std::get_if<planning::FileChange>(&step);
            change != nullptr && !change->copies.empty())
            effects.emplace_back(CheckFiles{.from = input.current_generation, .change = *change});
}

void stage(const planning::Plan& plan, const StepInput& input, std::vector<Effect>& effects) {
    for (std::size_t i = 0; i < plan.volumes.size(); ++i) {
        const auto& volume = plan.volumes[i];
        effects.emplace_back(PrepareVolume{
            .path = volume.host_path,
            .rights = {.read_only = volume.read_only, .read_write = volume.read_write},
            .former = input.volumes.at(i)});
    }
    if (!input.offline) {
        for (const auto& [name, spec] : plan.specs)
            if (const bool outdated = input.outdated.count(spec.container.podman_name) != 0;
                outdated || !has_container(input.engine, spec.container))
                effects.emplace_back(CreateContainer{.podman_name = spec.container.podman_name,
                                                     .arguments = spec.arguments,
                                                     .anew = outdated});
        if (std::any_of(effects.begin(), effects.end(), writes_engine_store))
            effects.emplace_back(SyncEngineStore{});
    }
    effects.emplace_back(WriteGeneration{to_generation(plan, input, effects)});
    check_late_files(plan, input, effects);
    work_on_data(plan.data.early, false, plan.result.generation, input, effects);
}

/// Bundles may have to start one after another, and settle together.
void extend(HealthBounds& bounds, const model::Description& description) {
    using std::chrono::ceil;
    using std::chrono::milliseconds;
    bounds.start_timeout += ceil<milliseconds>(description.start_timeout);
    bounds.settle_time = std::max(bounds.settle_time, ceil<milliseconds>(description.settle_time));
}

struct Targets {
    std::vector<std::string> fresh;
    std::vector<std::string> replaced;
};

Targets targets_of(const planning::Plan& plan) {
    Targets targets;
    for (const auto& candidate : plan.add) {
        const auto& id = candidate.description.id;
        auto& list = plan.replaced.count(id) == 0 ? targets.fresh : targets.replaced;
        list.push_back(model::bundle_target(id));
    }
    return targets;
}

WatchedContainer watched(const model::InstalledBundle& bundle, std::size_t index) {
    const auto& container = bundle.description.containers[index];
    return {.service = model::container_service(container.name),
            .podman_name = bundle.containers[index].podman_name,
            .health_check = container.health.has_value()};
}

WatchHealth health_of(const planning::Plan& plan) {
    WatchHealth watch{.containers = {}, .changed = {}, .untouched = {}, .bounds = {}};
    const std::set<std::string> changed(plan.restart.begin(), plan.restart.end());
    const std::set<std::string> added(plan.added.begin(), plan.added.end());
    std::set<model::BundleId> brought(plan.data.hold_bundles.begin(), plan.data.hold_bundles.end());
    for (const auto& candidate : plan.add)
        brought.insert(candidate.description.id);
    for (const auto& [id, bundle] : plan.result.bundles) {
        const auto target = model::bundle_target(id);
        // Also one that was replaced and has all its containers as they were.
        bool judged = brought.count(id) != 0;
        for (std::size_t i = 0; i < bundle.containers.size(); ++i) {
            auto container = watched(bundle, i);
            if (added.count(target) != 0) {
                watch.containers.push_back(std::move(container));
            } else if (changed.count(container.service) != 0 ||
                       added.count(container.service) != 0) {
                watch.changed[target].push_back(std::move(container));
                judged = true;
            } else {
                // Its unit was up, and that it shall be; what its check said nobody asked.
                container.health_check = false;
                watch.untouched.push_back(std::move(container));
            }
        }
        if (judged) extend(watch.bounds, bundle.description);
    }
    return watch;
}

/// Targets and services of what was there and stays, or goes.
std::vector<std::string> units_to_look_at(const planning::Plan& plan, const WatchHealth& watch) {
    std::vector<std::string> names = plan.restart;
    for (const auto& [id, bundle] : plan.result.bundles)
        names.push_back(model::bundle_target(id));
    for (const auto& id : plan.remove)
        names.push_back(model::bundle_target(id));
    names.insert(names.end(), plan.stop.begin(), plan.stop.end());
    for (const auto& container : watch.untouched)
        names.push_back(container.service);
    return names;
}

void switch_over(const planning::Plan& plan, const StepInput& input, std::vector<Effect>& effects) {
    Activate activate{.from = input.current_generation,
                      .to = plan.result.generation,
                      .restart = {},
                      .replaced_targets = {},
                      .pauses = {},
                      .bound = {}};
    if (input.offline) {
        effects.emplace_back(std::move(activate));
        return;
    }
    auto watch = health_of(plan);
    auto targets = targets_of(plan);
    auto hold = hold_of(plan, targets.replaced);
    effects.emplace_back(NoteActive{units_to_look_at(plan, watch)});
    if (!hold.units.empty()) effects.emplace_back(hold);
    if (!plan.stop.empty()) {
        StopUnits stop{.units = plan.stop, .targets = targets.replaced};
        for (const auto& id : plan.remove)
            stop.targets.push_back(model::bundle_target(id));
        effects.emplace_back(std::move(stop));
    }
    work_on_data(plan.data.late, true, plan.result.generation, input, effects);
    activate.held = std::move(hold.units);
    activate.restart = plan.restart;
    activate.pauses = plan.pauses;
    activate.gone = plan.gone;
    activate.bound = watch.bounds.start_timeout;
    activate.replaced_targets = targets.replaced;
    effects.emplace_back(std::move(activate));
    if (plan.start.empty() && plan.restart.empty() && hold.starts.empty()) return;
    StartUnits start{.targets = std::move(targets.fresh),
                     .replaced_targets =
                         hold.starts.empty() ? std::move(targets.replaced) : std::move(hold.starts),
                     .added = plan.added,
                     .bound = watch.bounds.start_timeout};
    // The first bundle brings the target up that everything hangs on; later ones leave it alone,
    // because an admin may have stopped it.
    if (!plan.add.empty() && plan.result.bundles.size() == plan.add.size() &&
        plan.replaced.empty()) {
        start.targets.insert(start.targets.begin(), std::string(model::kInstalledBundlesTarget));
        start.added.emplace_back(model::kInstalledBundlesTarget);
    }
    effects.emplace_back(std::move(start));
    effects.emplace_back(std::move(watch));
}

}  // namespace

std::vector<Effect> effects_of(const planning::Plan& plan, const StepInput& input) {
    std::vector<Effect> effects;
    acquire(plan, input, effects);
    stage(plan, input, effects);
    switch_over(plan, input, effects);
    effects.emplace_back(NoteState{.generation = plan.result.generation,
                                   .state = {.confirmed = !input.offline, .boots = 0}});
    return effects;
}

WatchHealth watch_all(const model::InstalledSet& set) {
    WatchHealth watch{.containers = {}, .changed = {}, .untouched = {}, .bounds = {}};
    for (const auto& [id, bundle] : set.bundles) {
        for (std::size_t i = 0; i < bundle.containers.size(); ++i)
            watch.containers.push_back(watched(bundle, i));
        extend(watch.bounds, bundle.description);
    }
    return watch;
}

}  // namespace agent::operations
