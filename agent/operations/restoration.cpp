// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/restoration.hpp"

#include "agent/model/unit_name.hpp"
#include "agent/operations/steps.hpp"

namespace agent::operations {

namespace {

using model::Result;

constexpr const char* kNotUp = "what ran before is not up again";

WatchHealth watch_restored(const model::InstalledSet& set, const UnitsSeen& seen) {
    auto watch = watch_all(set);
    std::erase_if(watch.containers, [&](const WatchedContainer& container) {
        return seen.active.count(container.service) == 0;
    });
    for (auto& container : watch.containers)
        container.health_check = false;
    return watch;
}

std::vector<std::string> targets_seen(const model::InstalledSet& set, const UnitsSeen& seen) {
    std::vector<std::string> targets;
    for (const auto& [id, bundle] : set.bundles)
        if (seen.active.count(model::bundle_target(id)) != 0)
            targets.push_back(model::bundle_target(id));
    return targets;
}

Result<> expect_up(const std::vector<std::string>& targets, World& world) {
    TRY_ASSIGN(const auto states, world.context.host.services.states(targets));
    std::string down;
    for (const auto& state : states)
        if (state.active != "active") down += "\n  " + describe(state);
    if (down.empty()) return {};
    return model::fail(model::ErrorCode::rollback_failed, kNotUp + (":" + down));
}

}  // namespace

Result<> check_restored(unsigned generation, World& world) {
    if (world.booting || world.context.offline) return {};
    TRY_ASSIGN(const auto set, store::Generations(world.context.paths).read_set(generation));
    world.started = world.context.host.machine.monotonic();
    if (auto watched = perform(watch_restored(set, world.seen), world); !watched)
        return model::fail(watched.error().with_context(kNotUp));
    return expect_up(targets_seen(set, world.seen), world);
}

}  // namespace agent::operations
