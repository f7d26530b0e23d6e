// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/effects.hpp"

#include <algorithm>

#include "agent/bundle/oci_layout.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;

template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

std::filesystem::path temporary(const std::filesystem::path& directory) {
    return directory.parent_path() /
           (std::string(store::kUnfinishedPrefix) + directory.filename().string());
}

Result<> keep_bundle(const KeepBundle& effect, World& world) {
    auto& reader = world.readers.at(effect.id);
    const auto report = [&world](std::uint64_t done, std::uint64_t total) {
        world.context.progress.bytes(done, total);
        return !world.context.cancelled();
    };
    if (effect.kept_already) return reader.verify_rest(report);
    TRY(store::make_directories(effect.directory.parent_path()));
    const auto staged = temporary(effect.directory);
    TRY(store::remove_tree(staged));
    TRY(reader.extract(staged, report));
    // What no generation keeps, or was damaged, may still be in the way.
    TRY(store::remove_whole(effect.directory));
    return store::move_into_place(staged, effect.directory);
}

Result<> undo_keep_bundle(const KeepBundle& effect) {
    if (effect.kept_already) return {};
    TRY(store::remove_tree(temporary(effect.directory)));
    return store::remove_whole(effect.directory);
}

Result<> bring_image(const BringImage& effect, World& world) {
    auto& engine = world.context.host.engine;
    TRY_ASSIGN(const auto images, bundle::read_layout(effect.layout));
    const auto image = std::find_if(images.begin(), images.end(),
                                    [&](const auto& each) { return each.id == effect.id; });
    if (image == images.end())
        return model::fail(ErrorCode::invalid, "the bundle has no image with the id " +
                                                   effect.id.hex() +
                                                   " that its description names for " +
                                                   effect.name + "; make the bundle again");
    TRY_ASSIGN(const auto id, engine.pull_layout(effect.layout, image->ref));
    if (id != effect.id)
        return model::fail(ErrorCode::invalid,
                           "the image " + effect.name + " has the id " + id.hex() +
                               " once it is in the store, and the description says " +
                               effect.id.hex());
    return engine.tag(effect.id, effect.name);
}

Result<> undo_bring_image(const BringImage& effect, World& world) {
    auto& engine = world.context.host.engine;
    TRY(engine.remove_image(effect.id));
    if (!effect.named_before) return {};
    return engine.tag(*effect.named_before, effect.name);
}

/// All jobs must be done; a container that fails to come up is for the health judge to tell.
Result<> expect_done(const Result<std::vector<host::JobResult>>& jobs, const std::string& what) {
    if (!jobs) return model::fail(jobs.error());
    for (const auto& job : *jobs)
        if (job.result != "done" && job.result != "skipped")
            return model::fail(ErrorCode::internal,
                               what + " " + job.unit + ": the job ended with '" + job.result + "'");
    return {};
}

/// What was stopped by hand is not among them, and stays stopped.
Result<std::vector<std::string>> active_ones(const std::vector<std::string>& units, World& world) {
    std::vector<std::string> active;
    TRY_ASSIGN(const auto states, world.context.host.services.states(units));
    for (const auto& state : states)
        if (state.load == "loaded" && state.active == "active") active.push_back(state.name);
    return active;
}

Result<> stop_units(const StopUnits& effect, World& world) {
    TRY_ASSIGN(world.stopped, active_ones(effect.targets, world));
    return expect_done(world.context.host.services.stop(effect.units, kJobBound), "stopping");
}

Result<> start_targets(const std::vector<std::string>& targets, std::chrono::milliseconds bound,
                       World& world) {
    if (targets.empty()) return {};
    auto jobs = world.context.host.services.start(targets, bound);
    if (!jobs) return model::fail(jobs.error());
    return {};
}

Result<> link_and_load(unsigned generation, World& world) {
    TRY(store::Generations(world.context.paths).switch_to(generation));
    if (world.context.offline) return {};
    return world.context.host.services.reload();
}

Result<> restart(const std::vector<std::string>& services, World& world) {
    if (services.empty()) return {};
    return expect_done(world.context.host.services.restart(services, kJobBound), "restarting");
}

Result<> activate(const Activate& effect, World& world) {
    TRY(link_and_load(effect.to, world));
    if (effect.restart.empty()) return {};
    TRY_ASSIGN(world.restarted, active_ones(effect.restart, world));
    return restart(world.restarted, world);
}

Result<> undo_activate(const Activate& effect, World& world) {
    TRY(link_and_load(effect.from, world));
    return restart(world.restarted, world);
}

Result<> start_units(const StartUnits& effect, World& world) {
    world.started = world.context.host.machine.monotonic();
    return start_targets(effect.targets, effect.bound, world);
}

Result<> undo_start_units(const StartUnits& effect, World& world) {
    if (effect.added.empty()) return {};
    auto& services = world.context.host.services;
    TRY(expect_done(services.stop(effect.added, kJobBound), "stopping"));
    return services.reset_failed(effect.added);
}

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
        // An engine that does not answer says nothing of the container; the next look may.
        if (containers[i].health_check && sample.unit.active == "active")
            sample.check = world.context.host.engine.health(containers[i].podman_name)
                               .value_or("not known: podman does not answer");
        samples.push_back(std::move(sample));
    }
    return samples;
}

std::vector<WatchedContainer> judged(const WatchHealth& effect, const World& world) {
    auto containers = effect.containers;
    for (const auto& container : effect.changed)
        if (std::find(world.restarted.begin(), world.restarted.end(), container.service) !=
            world.restarted.end())
            containers.push_back(container);
    return containers;
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
        if (verdict == HealthJudge::Verdict::unhealthy) {
            std::string reasons;
            for (const auto& reason : judge.reasons())
                reasons += "\n  " + reason;
            return model::fail(ErrorCode::unhealthy,
                               "did not become healthy within " +
                                   model::to_string(effect.bounds.start_timeout) + ":" + reasons);
        }
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

std::string to_string(const Effect& effect) {
    return std::visit(
        Overloaded{
            [](const KeepBundle& e) { return "unpacking " + e.directory.filename().string(); },
            [](const BringImage& e) { return "bringing in image " + e.name; },
            [](const SyncEngineStore&) { return std::string("syncing the image store"); },
            [](const CreateContainer& e) { return "creating container " + e.podman_name; },
            [](const WriteGeneration& e) {
                return "writing generation " + std::to_string(e.generation.info.number);
            },
            [](const StopUnits& e) { return "stopping " + joined(e.targets); },
            [](const Activate& e) { return "switching to generation " + std::to_string(e.to); },
            [](const StartUnits& e) { return "starting " + joined(e.targets); },
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
            [&](const BringImage& e) { return bring_image(e, world); },
            [&](const SyncEngineStore&) -> Result<> {
                TRY_ASSIGN(const auto root, host.engine.graph_root());
                return host.machine.sync_file_system(root);
            },
            [&](const CreateContainer& e) { return host.engine.create(e.arguments); },
            [&](const WriteGeneration& e) {
                return store::Generations(world.context.paths).write(e.generation);
            },
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
            [&](const KeepBundle& e) { return undo_keep_bundle(e); },
            [&](const BringImage& e) { return undo_bring_image(e, world); },
            [](const SyncEngineStore&) { return Result<>(); },
            [&](const CreateContainer& e) { return host.engine.remove_container(e.podman_name); },
            [&](const WriteGeneration& e) {
                return store::Generations(world.context.paths).remove(e.generation.info.number);
            },
            [&](const StopUnits&) { return start_targets(world.stopped, kJobBound, world); },
            [&](const Activate& e) { return undo_activate(e, world); },
            [&](const StartUnits& e) { return undo_start_units(e, world); },
            [](const WatchHealth&) { return Result<>(); },
            [](const NoteState&) { return Result<>(); },
        },
        effect);
}

}  // namespace agent::operations
