// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/recreate_containers.hpp"

#include <algorithm>

#include "agent/containers/create_spec.hpp"
#include "agent/operations/create_container.hpp"
#include "agent/operations/failures.hpp"
#include "agent/operations/jobs.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;
using Names = std::vector<std::string>;

/// Create arguments as generations have them, each read once.
class StoredArguments {
  public:
    explicit StoredArguments(const World& world) : generations_(world.context.paths) {}

    Result<Names> of(const RecreatedContainer& container) {
        if (read_.count(container.generation) == 0) {
            TRY_ASSIGN(read_[container.generation],
                       generations_.read_containers(container.generation));
        }
        const auto& texts = read_[container.generation];
        const auto text = texts.find(container.name.value());
        if (text == texts.end())
            return model::fail(ErrorCode::not_found,
                               "generation " + std::to_string(container.generation) +
                                   " has no create arguments of it; see 'update-agent verify'");
        TRY_ASSIGN(auto spec, containers::parse_create_spec(text->second));
        return std::move(spec.arguments);
    }

  private:
    store::Generations generations_;
    std::map<unsigned, std::map<std::string, std::string>> read_;
};

Result<> create_again(const RecreatedContainer& container, StoredArguments& stored,
                      const Host& host) {
    TRY_ASSIGN(const auto arguments, stored.of(container));
    // Before it is removed: what cannot be created stays.
    TRY_ASSIGN(const auto here, arguments_here(host, arguments));
    host.devices.forget(container.podman_name);
    TRY(host.engine.remove_container(container.podman_name));
    return create_container(host, container.podman_name, here);
}

void append(Names& names, const Names& more) {
    names.insert(names.end(), more.begin(), more.end());
}

/// Also one that waits for its next start, after a crash or for a pause.
bool may_run(const host::UnitState& unit) {
    const bool down = unit.active == "inactive" || unit.active == "failed";
    return unit.load != "masked" && (!down || !unit.job.empty());
}

struct Running {
    Names upholders;
    /// In the order in which they start.
    Names services;
    Names targets;
};

Result<Names> those_that_run(const Names& units, World& world) {
    if (units.empty()) return Names();
    TRY_ASSIGN(const auto states, world.context.host.services.states(units));
    Names running;
    for (const auto& state : states)
        if (may_run(state)) running.push_back(state.name);
    return running;
}

/// What upholds them stops first, so that it brings none back.
Result<Running> stop_what_runs(const RecreateContainers& effect, World& world) {
    Running running;
    TRY_ASSIGN(running.upholders, those_that_run(effect.upholders, world));
    TRY_ASSIGN(running.services, those_that_run(effect.services, world));
    TRY_ASSIGN(running.targets, those_that_run(effect.targets, world));
    auto& services = world.context.host.services;
    TRY(stop_all(services, running.upholders));
    TRY(stop_all(services, {running.services.rbegin(), running.services.rend()}));
    return running;
}

/// Those that run, or ran when the transaction began: it may have been interrupted in between.
Names to_start(const Names& units, const Names& running, const World& world) {
    Names names;
    std::copy_if(units.begin(), units.end(), std::back_inserter(names), [&](const auto& unit) {
        return world.seen.active.count(unit) != 0 ||
               std::find(running.begin(), running.end(), unit) != running.end();
    });
    return names;
}

/// A target that is up brings back what it wants and does not run, such as what crashed for ever
/// because its device was gone.
Result<> start_again(const RecreateContainers& effect, const Running& running, World& world) {
    auto& services = world.context.host.services;
    auto names = to_start(effect.services, running.services, world);
    append(names, to_start(effect.upholders, running.upholders, world));
    append(names, to_start(effect.targets, running.targets, world));
    if (names.empty()) return {};
    TRY(services.stop(effect.pauses, kJobBound));
    TRY(services.reset_failed(effect.services));
    TRY(services.start(names, effect.bound));
    return {};
}

Result<> create_missing(const RecreateContainers& effect, World& world) {
    const auto& host = world.context.host;
    TRY_ASSIGN(const auto there, host.engine.containers());
    StoredArguments stored(world);
    Failures failures;
    for (const auto& container : effect.containers) {
        if (std::any_of(there.begin(), there.end(),
                        [&](const auto& each) { return each.name == container.podman_name; }))
            continue;
        const auto arguments = stored.of(container);
        failures.note(arguments ? create_from_stored(host, container.podman_name, *arguments)
                                : model::fail(arguments.error()),
                      container.podman_name);
    }
    return failures.result();
}

}  // namespace

Result<> recreate_containers(const RecreateContainers& effect, World& world) {
    Running running;
    if (!world.booting) {
        TRY_ASSIGN(running, stop_what_runs(effect, world));
    }
    StoredArguments stored(world);
    Failures failures;
    for (const auto& container : effect.containers)
        failures.note(create_again(container, stored, world.context.host), container.podman_name);
    if (!world.booting) failures.note(start_again(effect, running, world));
    return failures.result();
}

Result<> undo_recreate_containers(const RecreateContainers& effect, World& world) {
    if (const auto created = create_missing(effect, world); !created)
        world.context.progress.warning("a container with devices is missing: " +
                                       created.error().text());
    if (world.booting) return {};
    return start_again(effect, {}, world);
}

}  // namespace agent::operations
