// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/device_users.hpp"

#include <algorithm>

#include "agent/containers/create_spec.hpp"
#include "agent/containers/device_arguments.hpp"

namespace agent::operations {

namespace {

using model::DeviceNumbers;

bool add_missing(const DeviceUser& user, const DeviceNumbers& now, DeviceFindings& findings) {
    bool missing = false;
    for (const auto& path : user.devices) {
        if (now.count(path) != 0) continue;
        findings.missing.push_back({.container = user.container.name, .path = path});
        missing = true;
    }
    return missing;
}

std::vector<std::string> reasons_for(const DeviceUser& user, const DeviceNumbers& created,
                                     const DeviceNumbers& now) {
    std::vector<std::string> reasons;
    for (const auto& path : user.devices) {
        const auto is = to_string(now.at(path));
        const auto was = created.find(path);
        if (was == created.end())
            reasons.push_back(path + " is " + is + ", and has no label");
        else if (to_string(was->second) != is)
            reasons.push_back(path + " was " + to_string(was->second) + " and is " + is);
    }
    return reasons;
}

bool has_spec_of(const host::ContainerInfo& there, const model::InstalledContainer& container) {
    const auto label = there.labels.find(std::string(containers::kSpecLabel));
    return label != there.labels.end() && label->second == container.spec.hex();
}

}  // namespace

std::vector<DeviceUser> device_users(const model::InstalledSet& set) {
    std::vector<DeviceUser> users;
    for (const auto& [id, bundle] : set.bundles)
        for (std::size_t i = 0; i < bundle.containers.size(); ++i)
            if (const auto& devices = bundle.description.containers[i].devices; !devices.empty())
                users.push_back({.generation = set.generation,
                                 .container = bundle.containers[i],
                                 .devices = devices});
    return users;
}

DeviceNumbers numbers_now(const Host& host, const std::vector<DeviceUser>& users) {
    DeviceNumbers now;
    for (const auto& user : users)
        for (const auto& path : user.devices) {
            if (now.count(path) != 0) continue;
            if (const auto node = host.devices.resolve(path)) now.emplace(path, node->number);
        }
    return now;
}

DeviceFindings compare_devices(const std::vector<DeviceUser>& users, const DeviceNumbers& now,
                               const std::vector<host::ContainerInfo>& engine) {
    DeviceFindings findings;
    for (const auto& user : users) {
        if (add_missing(user, now, findings)) continue;
        const auto there = std::find_if(engine.begin(), engine.end(), [&](const auto& each) {
            return each.name == user.container.podman_name;
        });
        if (there == engine.end()) {
            findings.absent.push_back(user);
            continue;
        }
        if (!has_spec_of(*there, user.container)) continue;
        auto reasons = reasons_for(user, containers::device_labels(there->labels), now);
        if (!reasons.empty())
            findings.changed.push_back({.user = user, .reasons = std::move(reasons)});
    }
    return findings;
}

std::set<std::string> outdated_containers(const Host& host, const planning::Plan& plan,
                                          const model::InstalledSet& current,
                                          const host::Inventory& engine) {
    std::vector<DeviceUser> users;
    for (auto& user : device_users(plan.result)) {
        const auto* owner = current.owner_of(user.container.name);
        const bool may_run =
            owner != nullptr &&
            std::any_of(owner->containers.begin(), owner->containers.end(), [&](const auto& each) {
                return each.podman_name == user.container.podman_name;
            });
        if (!may_run) users.push_back(std::move(user));
    }
    std::set<std::string> names;
    if (users.empty()) return names;
    for (const auto& changed :
         compare_devices(users, numbers_now(host, users), engine.containers).changed)
        names.insert(changed.user.container.podman_name);
    return names;
}

bool is_up_to_date(const DeviceUser& user, const DeviceNumbers& now, host::Devices& devices) {
    const auto created = devices.remembered(user.container.podman_name);
    if (!created) return false;
    return std::all_of(user.devices.begin(), user.devices.end(), [&](const auto& path) {
        const auto is = now.find(path);
        const auto was = created->find(path);
        return is == now.end() || (was != created->end() && was->second == is->second);
    });
}

}  // namespace agent::operations
