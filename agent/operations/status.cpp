// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/status.hpp"

#include <algorithm>

#include "agent/model/store_mount.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/operations/attach_images.hpp"
#include "agent/store/journal.hpp"

namespace agent::operations {

namespace {

using model::Result;

bool is_ours(const std::string& fragment_path) {
    return fragment_path.find("/generator.late/") != std::string::npos ||
           fragment_path.find("/update-agent/generations/") != std::string::npos;
}

/// The worst of the bundle's containers.
Condition of_bundle(const BundleStatus& bundle) {
    if (!bundle.shadowing.empty()) return Condition::shadowed;
    const auto& containers = bundle.containers;
    constexpr std::array kWorstFirst = {
        Condition::shadowed, Condition::missing,  Condition::failed,
        Condition::crashing, Condition::held,     Condition::stopped,
        Condition::paused,   Condition::starting, Condition::offline};
    for (const auto condition : kWorstFirst)
        if (std::any_of(containers.begin(), containers.end(),
                        [condition](const auto& each) { return each.condition == condition; }))
            return condition;
    return Condition::running;
}

BundleStatus offline_status(const model::InstalledSet& set, const model::InstalledBundle& bundle) {
    BundleStatus status{.description = bundle.description,
                        .digest = bundle.digest,
                        .anchor = bundle.anchor,
                        .required_by = set.required_by(bundle.description.id),
                        .condition = {},
                        .containers = {},
                        .shadowing = {},
                        .images_mounted = {},
                        .images_damaged = {}};
    for (const auto& container : bundle.containers)
        status.containers.push_back({.name = container.name,
                                     .podman_name = container.podman_name,
                                     .condition = Condition::offline,
                                     .unit = std::nullopt});
    return status;
}

void look_at_devices_of(const Context& context, BundleStatus& bundle) {
    for (std::size_t i = 0; i < bundle.containers.size(); ++i) {
        auto& container = bundle.containers[i];
        const auto& paths = bundle.description.containers[i].devices;
        if (paths.empty()) continue;
        auto& devices = context.host.devices;
        const auto created =
            context.offline ? std::nullopt : devices.remembered(container.podman_name);
        for (const auto& path : paths) {
            DeviceStatus device{.path = path, .created = std::nullopt, .now = std::nullopt};
            if (created && created->count(path) != 0) device.created = created->at(path);
            if (!context.offline)
                if (const auto node = devices.resolve(path)) device.now = node->number;
            container.devices.push_back(std::move(device));
        }
    }
}

Result<> look_at_images(const Context& context, const model::InstalledSet& set,
                        std::vector<BundleStatus>& bundles) {
    if (!has_image_store(set)) return {};
    auto& mounts = context.host.image_mounts;
    TRY_ASSIGN(const auto mounted, mounts.mounted(context.paths.store_mounts()));
    for (auto& bundle : bundles) {
        if (!set.find(bundle.description.id)->store) continue;
        const auto where = context.paths.store_mounts() / model::store_mount_name(bundle.digest);
        bundle.images_mounted = mounted.count(where) != 0;
        bundle.images_damaged = mounts.damaged(where);
    }
    return {};
}

std::vector<std::string> targets_of(const BundleStatus& bundle) {
    const auto& id = bundle.description.id;
    return {model::bundle_target(id), model::bundle_restart_target(id)};
}

Result<> ask_systemd(const Context& context, std::vector<BundleStatus>& bundles) {
    std::vector<std::string> names;
    for (const auto& bundle : bundles) {
        for (const auto& container : bundle.containers)
            names.push_back(model::container_service(container.name));
        for (auto& target : targets_of(bundle))
            names.push_back(std::move(target));
    }
    if (names.empty()) return {};
    TRY_ASSIGN(auto states, context.host.services.states(names));
    auto next = states.begin();
    for (auto& bundle : bundles) {
        for (auto& container : bundle.containers) {
            container.condition = condition_of(*next);
            container.unit = std::move(*next++);
        }
        for (std::size_t i = 0; i < targets_of(bundle).size(); ++i, ++next)
            if (condition_of(*next) == Condition::shadowed)
                bundle.shadowing.push_back(next->fragment_path);
    }
    return {};
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
        case Condition::paused:
            return "paused";
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
    if (unit.active == "active") return unit.frozen ? Condition::paused : Condition::running;
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
    Status status{.generation = set.generation,
                  .confirmed = state.confirmed,
                  .unsettled = store::has_journal(context.paths),
                  .bundles = {}};
    for (const auto& [id, bundle] : set.bundles)
        status.bundles.push_back(offline_status(set, bundle));
    if (!context.offline) {
        TRY(look_at_images(context, set, status.bundles));
        TRY(ask_systemd(context, status.bundles));
    }
    for (auto& bundle : status.bundles) {
        bundle.condition = of_bundle(bundle);
        look_at_devices_of(context, bundle);
    }
    return status;
}

}  // namespace agent::operations
