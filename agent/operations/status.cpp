// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/status.hpp"

#include <algorithm>

#include "agent/model/unit_name.hpp"

namespace agent::operations {

namespace {

using model::Result;

bool is_ours(const std::string& fragment_path) {
    return fragment_path.find("/generator.late/") != std::string::npos ||
           fragment_path.find("/update-agent/generations/") != std::string::npos;
}

/// The worst of the bundle's containers.
Condition of_bundle(const std::vector<ContainerStatus>& containers) {
    constexpr std::array kWorstFirst = {Condition::shadowed, Condition::missing, Condition::failed,
                                        Condition::crashing, Condition::held,    Condition::stopped,
                                        Condition::starting, Condition::offline};
    for (const auto condition : kWorstFirst)
        if (std::any_of(containers.begin(), containers.end(),
                        [condition](const auto& each) { return each.condition == condition; }))
            return condition;
    return Condition::running;
}

}  // namespace

std::string_view to_string(Condition condition) {
    switch (condition) {
        case Condition::running:
            return "running";
        case Condition::starting:
            return "starting";
        case Condition::stopped:
            return "stopped";
        case Condition::held:
            return "held";
        case Condition::crashing:
            return "crashing";
        case Condition::failed:
            return "failed";
        case Condition::missing:
            return "missing";
        case Condition::shadowed:
            return "shadowed";
        case Condition::offline:
            return "offline";
    }
    return {};
}

Condition condition_of(const host::UnitState& unit) {
    if (unit.load == "masked") return Condition::held;
    if (unit.load == "not-found") return Condition::missing;
    if (!unit.fragment_path.empty() && !is_ours(unit.fragment_path)) return Condition::shadowed;
    if (unit.active == "active") return Condition::running;
    if (unit.active == "failed") return Condition::failed;
    const bool ended_badly = !unit.result.empty() && unit.result != "success";
    if (unit.sub == "auto-restart" || unit.sub == "auto-restart-queued" ||
        (unit.active == "activating" && (ended_badly || unit.restarts > 0)))
        return Condition::crashing;
    if (unit.active == "activating" || unit.active == "reloading") return Condition::starting;
    return Condition::stopped;
}

Result<Status> status(const Context& context) {
    const store::Generations generations(context.paths);
    TRY_ASSIGN(const auto set, generations.installed());
    TRY_ASSIGN(const auto state, generations.read_state(set.generation));
    Status status{.generation = set.generation, .confirmed = state.confirmed, .bundles = {}};

    std::vector<std::string> services;
    for (const auto& [id, bundle] : set.bundles) {
        BundleStatus entry{.description = bundle.description,
                           .digest = bundle.digest,
                           .condition = {},
                           .containers = {}};
        for (const auto& container : bundle.containers) {
            services.push_back(model::container_service(container.name));
            entry.containers.push_back({.name = container.name,
                                        .podman_name = container.podman_name,
                                        .condition = Condition::offline,
                                        .unit = std::nullopt});
        }
        status.bundles.push_back(std::move(entry));
    }
    if (!context.offline && !services.empty()) {
        TRY_ASSIGN(auto states, context.host.services.states(services));
        auto next = states.begin();
        for (auto& bundle : status.bundles) {
            for (auto& container : bundle.containers) {
                container.condition = condition_of(*next);
                container.unit = std::move(*next++);
            }
        }
    }
    for (auto& bundle : status.bundles)
        bundle.condition = of_bundle(bundle.containers);
    return status;
}

}  // namespace agent::operations
