// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/effects.hpp"

#include <algorithm>

#include "agent/model/overloaded.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/operations/attach_images.hpp"
#include "agent/operations/bring_image.hpp"
#include "agent/operations/change_files.hpp"
#include "agent/operations/create_container.hpp"
#include "agent/operations/health_report.hpp"
#include "agent/operations/hold.hpp"
#include "agent/operations/init_run.hpp"
#include "agent/operations/install_packages.hpp"
#include "agent/operations/jobs.hpp"
#include "agent/operations/other_fault.hpp"
#include "agent/operations/pull_image.hpp"
#include "agent/operations/recreate_containers.hpp"
#include "agent/operations/volume_snapshots.hpp"
#include "agent/operations/world_units.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Overloaded;
using model::Result;

std::filesystem::path temporary(const std::filesystem::path& directory) {
    return directory.parent_path() /
           (std::string(store::kUnfinishedPrefix) + directory.filename().string());
}

bundle::StoreKeeping keeping_of(const KeepBundle& effect, const World& world) {
    bundle::StoreKeeping keeping;
    if (effect.verity) keeping.check = bundle::StoreCheck::leave_to_kernel;
    if (!effect.delta_from.empty())
        keeping.origin = world.context.paths.bundles() / effect.delta_from;
    return keeping;
}

Result<> keep_bundle(const KeepBundle& effect, World& world) {
    auto& reader = world.readers.at(effect.id);
    const auto report = [&world](std::uint64_t done, std::uint64_t total) {
        world.context.progress.bytes(done, total);
        return !world.context.cancelled();
    };
    const auto directory = world.context.paths.bundle(effect.id, effect.version);
    TRY(store::make_directories(directory.parent_path()));
    const auto staged = temporary(directory);
    TRY(store::remove_tree(staged));
    TRY(reader.extract(staged, report, keeping_of(effect, world)));
    return store::replace_directory(staged, directory);
}

Result<> undo_keep_bundle(const KeepBundle& effect, World& world) {
    const auto directory = world.context.paths.bundle(effect.id, effect.version);
    TRY(store::remove_tree(temporary(directory)));
    if (effect.kept_already) return {};
    return store::remove_whole(directory);
}

/// podman does not say where there is no space.
Result<> with_space(Result<> result, World& world) {
    if (result || result.error().code() != ErrorCode::no_space) return result;
    const auto root = world.context.host.engine.graph_root();
    if (!root) return result;
    const auto free = world.context.host.machine.free_space(*root);
    if (!free) return result;
    return model::fail(ErrorCode::no_space,
                       result.error().text() + " (" + model::human_size(*free) +
                           " are free on the file system of " + root->string() + ")");
}

Result<> note_active(const NoteActive& effect, World& world) {
    TRY_ASSIGN(const auto states, world.context.host.services.states(effect.units));
    world.seen = see(states);
    return {};
}

Result<> stop_units(const StopUnits& effect, World& world) {
    auto& services = world.context.host.services;
    TRY(stop_all(services, effect.units));
    return unmask(services, effect.units);
}

Result<> undo_stop_units(const StopUnits& effect, World& world) {
    if (world.booting) return {};
    std::vector<std::string> masked;
    std::copy_if(effect.units.begin(), effect.units.end(), std::back_inserter(masked),
                 [&](const auto& unit) { return world.seen.masked.count(unit) != 0; });
    if (!masked.empty()) TRY(world.context.host.services.mask_runtime(masked));
    return start_targets(active_ones(effect.targets, world), kJobBound, world);
}

Result<> link_and_load(unsigned generation, World& world) {
    TRY(store::Generations(world.context.paths).switch_to(generation));
    if (world.context.offline || world.booting) return {};
    return world.context.host.services.reload();
}

/// Those of the services that were up. One that crashed for ever may start again at once.
Result<> restart(const Activate& effect, const std::vector<std::string>& services,
                 std::chrono::milliseconds bound, World& world) {
    if (effect.restart.empty()) return {};
    TRY(world.context.host.services.stop(effect.pauses, kJobBound));
    TRY(world.context.host.services.reset_failed(effect.restart));
    const auto active = active_ones(services, world);
    if (active.empty()) return {};
    auto jobs = restart_all(world.context.host.services, active, bound);
    if (!jobs) return model::fail(jobs.error());
    return {};
}

Result<> activate(const Activate& effect, World& world) {
    TRY(store::Generations(world.context.paths).keep_way_back());
    TRY(link_and_load(effect.to, world));
    if (!world.context.offline && !world.booting)
        TRY(world.context.host.services.reset_failed(effect.gone));
    world.started = world.context.host.machine.monotonic();
    return restart(effect, effect.restart, effect.bound, world);
}

/// What was down before may be up now: changed services in their new shape, and what others
/// require.
Result<> stop_what_came_up(const Activate& effect, World& world) {
    auto names = world.seen.inactive;
    for (const auto& service : effect.restart)
        if (world.seen.active.count(service) == 0) names.insert(service);
    if (names.empty()) return {};
    auto& services = world.context.host.services;
    TRY_ASSIGN(const auto states, services.states({names.begin(), names.end()}));
    std::vector<std::string> up;
    for (const auto& state : states)
        if (state.load == "loaded" && (state.active == "active" || state.active == "activating"))
            up.push_back(state.name);
    return stop_all(services, up);
}

/// What is held is left to HoldUnits, with all targets, because these start what they want.
Result<> undo_activate(const Activate& effect, World& world) {
    const bool nothing_runs = world.context.offline || world.booting;
    if (!nothing_runs) TRY(stop_all(world.context.host.services, effect.held));
    TRY(link_and_load(effect.from, world));
    if (nothing_runs) return {};
    TRY(stop_what_came_up(effect, world));
    auto others = effect.restart;
    std::erase_if(others, [&](const auto& service) {
        return std::find(effect.held.begin(), effect.held.end(), service) != effect.held.end();
    });
    TRY(restart(effect, others, kJobBound, world));
    if (!effect.held.empty()) return {};
    return start_targets(active_ones(effect.replaced_targets, world), kJobBound, world);
}

Result<> start_units(const StartUnits& effect, World& world) {
    auto targets = effect.targets;
    const auto again = active_ones(effect.replaced_targets, world);
    targets.insert(targets.end(), again.begin(), again.end());
    return start_targets(targets, effect.bound, world);
}

Result<> undo_start_units(const StartUnits& effect, World& world) {
    if (effect.added.empty() || world.booting) return {};
    auto& services = world.context.host.services;
    TRY(stop_all(services, effect.added));
    return services.reset_failed(effect.added);
}

constexpr const char* kNoAnswer = "not known: podman does not answer";

Result<std::vector<HealthSample>> look(const std::vector<WatchedContainer>& containers,
                                       World& world) {
    std::vector<std::string> names;
    names.reserve(containers.size());
    for (const auto& container : containers)
        names.push_back(container.service);
    TRY_ASSIGN(auto states, world.context.host.services.states(names));
    std::vector<HealthSample> samples;
    for (std::size_t i = 0; i < states.size(); ++i) {
        HealthSample sample{.unit = std::move(states[i]), .check = {}};
        // Whoever asks about a check that is frozen may have to wait for it.
        // An engine that does not answer says nothing of the container; the next look may.
        if (containers[i].health_check && sample.unit.active == "active" && !sample.unit.frozen)
            sample.check =
                world.context.host.engine.health(containers[i].podman_name).value_or(kNoAnswer);
        samples.push_back(std::move(sample));
    }
    return samples;
}

std::vector<WatchedContainer> judged(const WatchHealth& effect, const World& world) {
    auto containers = effect.containers;
    for (const auto& [target, changed] : effect.changed)
        if (world.seen.active.count(target) != 0)
            containers.insert(containers.end(), changed.begin(), changed.end());
    std::copy_if(
        effect.untouched.begin(), effect.untouched.end(), std::back_inserter(containers),
        [&](const auto& container) { return world.seen.active.count(container.service) != 0; });
    return containers;
}

model::Error unhealthy(const WatchHealth& effect, const HealthJudge& judge,
                       const std::vector<HealthSample>& samples, World& world) {
    const auto lines = last_log_lines(world.context.host, judge.reasons());
    const bool silent = std::any_of(samples.begin(), samples.end(), [](const HealthSample& each) {
        return each.check == kNoAnswer;
    });
    const auto fault = other_fault(world.context, silent);
    return {fault ? fault->first : ErrorCode::unhealthy,
            "did not become healthy within " + model::to_string(effect.bounds.start_timeout) +
                (fault ? ", " + fault->second : std::string()) + ":" +
                health_report(judge.reasons(), lines)};
}

Result<> watch_health(const WatchHealth& effect, World& world) {
    const auto containers = judged(effect, world);
    if (containers.empty()) return {};
    constexpr std::chrono::milliseconds kInterval{100};
    auto& machine = world.context.host.machine;
    const auto start = world.started.value_or(machine.monotonic());
    HealthJudge judge(containers, effect.bounds);
    while (true) {
        TRY_ASSIGN(const auto samples, look(containers, world));
        const auto elapsed =
            std::chrono::duration_cast<std::chrono::milliseconds>(machine.monotonic() - start);
        const auto verdict = judge.look(elapsed, samples);
        if (verdict == HealthJudge::Verdict::healthy) return {};
        if (verdict == HealthJudge::Verdict::unhealthy)
            return model::fail(unhealthy(effect, judge, samples, world));
        machine.sleep_for(kInterval);
    }
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text;
}

}  // namespace

bool is_switch(const Effect& effect) {
    return std::holds_alternative<Activate>(effect);
}

bool disturbs(const Effect& effect) {
    const auto* run = std::get_if<RunInit>(&effect);
    return (run != nullptr && run->in_switch) || std::holds_alternative<HoldUnits>(effect) ||
           std::holds_alternative<RecreateContainers>(effect) ||
           std::holds_alternative<StopUnits>(effect) || is_switch(effect) ||
           std::holds_alternative<StartUnits>(effect) ||
           std::holds_alternative<WatchHealth>(effect) || std::holds_alternative<NoteState>(effect);
}

std::string to_string(const Effect& effect) {
    return std::visit(
        Overloaded{
            [](const KeepBundle& e) {
                return "unpacking " + e.id.value() + " " + e.version.to_string();
            },
            [](const AttachImages& e) { return "mounting the images of " + joined(e.bundles); },
            [](const InstallPackages& e) {
                return "installing the Debian packages " + to_string(e.packages);
            },
            [](const BringImage& e) { return "bringing in image " + e.name; },
            [](const PullImage& e) { return "pulling image " + e.name; },
            [](const NameImage& e) { return "naming image " + e.name; },
            [](const SyncEngineStore&) { return std::string("syncing the image store"); },
            [](const PrepareVolume& e) { return "preparing volume " + e.path; },
            [](const CreateContainer& e) { return "creating container " + e.podman_name; },
            [](const RecreateContainers& e) {
                std::vector<std::string> names;
                for (const auto& container : e.containers)
                    names.push_back(container.podman_name);
                return "creating again " + joined(names);
            },
            [](const WriteGeneration& e) {
                return "writing generation " + std::to_string(e.generation.info.number);
            },
            [](const SnapshotVolume& e) { return "keeping volume " + e.path + " as it is"; },
            [](const CheckFiles&) { return std::string("looking at the files of file providers"); },
            [](const ChangeFiles&) { return std::string("changing the files of file providers"); },
            [](const RestoreVolume& e) { return "putting back the data of volume " + e.path; },
            [](const RunInit& e) { return "running init container " + e.podman_name; },
            [](const NoteActive&) { return std::string("looking at what runs"); },
            [](const HoldUnits& e) { return "stopping for a while " + joined(e.units); },
            [](const StopUnits& e) { return "stopping " + joined(e.units); },
            [](const Activate& e) { return "switching to generation " + std::to_string(e.to); },
            [](const StartUnits& e) {
                auto units = e.targets;
                units.insert(units.end(), e.replaced_targets.begin(), e.replaced_targets.end());
                return "starting " + joined(units);
            },
            [](const WatchHealth&) { return std::string("watching the health"); },
            [](const NoteState& e) {
                return "noting the state of generation " + std::to_string(e.generation);
            },
        },
        effect);
}

Result<> perform(const Effect& effect, World& world) {
    auto& host = world.context.host;
    return std::visit(
        Overloaded{
            [&](const KeepBundle& e) { return keep_bundle(e, world); },
            [&](const AttachImages& e) { return attach_images(e, world); },
            [&](const InstallPackages& e) { return install_packages(e, world); },
            [&](const BringImage& e) { return with_space(bring_image(e, world), world); },
            [&](const PullImage& e) { return with_space(pull_image(e, world), world); },
            [&](const NameImage& e) { return host.engine.tag(e.id, e.name); },
            [&](const SyncEngineStore&) -> Result<> {
                TRY_ASSIGN(const auto root, host.engine.graph_root());
                return host.machine.sync_file_system(root);
            },
            [&](const PrepareVolume& e) {
                return volumes::prepare(world.context.paths.root(), e.path, e.rights);
            },
            [&](const CreateContainer& e) -> Result<> {
                if (e.anew) TRY(host.engine.remove_container(e.podman_name));
                return with_space(create_from_stored(host, e.podman_name, e.arguments), world);
            },
            [&](const RecreateContainers& e) { return recreate_containers(e, world); },
            [&](const WriteGeneration& e) {
                return store::Generations(world.context.paths).write(e.generation);
            },
            [&](const SnapshotVolume& e) { return snapshot_volume(e, world); },
            [&](const CheckFiles& e) { return check_files(e, world); },
            [&](const ChangeFiles& e) { return change_files(e, world); },
            [&](const RestoreVolume& e) { return restore_volume(e, world); },
            [&](const RunInit& e) { return with_space(run_init(e, world), world); },
            [&](const NoteActive& e) { return note_active(e, world); },
            [&](const HoldUnits& e) { return hold_units(e, world); },
            [&](const StopUnits& e) { return stop_units(e, world); },
            [&](const Activate& e) { return activate(e, world); },
            [&](const StartUnits& e) { return start_units(e, world); },
            [&](const WatchHealth& e) { return watch_health(e, world); },
            [&](const NoteState& e) {
                return store::Generations(world.context.paths).write_state(e.generation, e.state);
            },
        },
        effect);
}

Result<> undo(const Effect& effect, World& world) {
    auto& host = world.context.host;
    return std::visit(
        Overloaded{
            [&](const KeepBundle& e) { return undo_keep_bundle(e, world); },
            [&](const AttachImages& e) { return undo_attach_images(e, world); },
            [&](const InstallPackages& e) { return undo_install_packages(e, world); },
            [&](const BringImage& e) { return undo_bring_image(e, world); },
            [&](const PullImage& e) { return undo_pull_image(e, world); },
            [&](const NameImage& e) { return undo_name_image(e, world); },
            [](const SyncEngineStore&) { return Result<>(); },
            [&](const PrepareVolume& e) {
                return volumes::put_back(world.context.paths.root(), e.path, e.former);
            },
            [&](const CreateContainer& e) { return host.engine.remove_container(e.podman_name); },
            [&](const RecreateContainers& e) { return undo_recreate_containers(e, world); },
            [&](const WriteGeneration& e) {
                return store::Generations(world.context.paths).remove(e.generation.info.number);
            },
            [&](const SnapshotVolume& e) { return undo_snapshot_volume(e, world); },
            [&](const CheckFiles& e) { return undo_check_files(e, world); },
            [&](const ChangeFiles& e) { return undo_change_files(e, world); },
            [](const RestoreVolume&) { return Result<>(); },
            [&](const RunInit& e) { return host.engine.remove_run(e.podman_name); },
            [](const NoteActive&) { return Result<>(); },
            [&](const HoldUnits& e) { return undo_hold_units(e, world); },
            [&](const StopUnits& e) { return undo_stop_units(e, world); },
            [&](const Activate& e) { return undo_activate(e, world); },
            [&](const StartUnits& e) { return undo_start_units(e, world); },
            [](const WatchHealth&) { return Result<>(); },
            [](const NoteState&) { return Result<>(); },
        },
        effect);
}

}  // namespace agent::operations
