// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/operations/context.hpp"
#include "agent/store/generations.hpp"

namespace agent::operations {

/// What one word says of a container, for people.
enum class Condition {
    running,
    starting,
    stopped,
    paused,
    held,
    crashing,
    failed,
    missing,
    shadowed,
    offline
};
[[nodiscard]] std::string_view to_string(Condition condition);

struct DeviceStatus {
    std::string path;
    /// What the container has; absent where nobody noted it since the boot, and offline.
    std::optional<model::DeviceNumber> created;
    /// Absent where it is missing, and offline.
    std::optional<model::DeviceNumber> now;
    bool operator==(const DeviceStatus&) const = default;
};

struct ContainerStatus {
    model::ContainerName name;
    std::string podman_name;
    Condition condition = Condition::offline;
    /// Absent offline.
    std::optional<host::UnitState> unit;
    std::vector<DeviceStatus> devices = {};
};

struct BundleStatus {
    model::Description description;
    model::Sha256 digest;
    /// SHA-256 of the trust anchor's certificate; empty for an unsigned bundle.
    std::string anchor = {};
    std::vector<model::BundleId> required_by = {};
    /// The worst of its containers' and targets'.
    Condition condition = Condition::offline;
    std::vector<ContainerStatus> containers;
    /// Of the host, with the names of the bundle's targets: files that hide them.
    std::vector<std::string> shadowing = {};
    /// Whether its images are mounted. Absent where they are unpacked, and offline.
    std::optional<bool> images_mounted = {};
    /// Whether the kernel has found a block of its mounted images that is not what was signed.
    /// Absent where they are not verified while they are read, or not for root.
    std::optional<bool> images_damaged = {};
};

struct Status {
    unsigned generation = 0;
    bool confirmed = false;
    /// An operation is running, or was interrupted and is not settled yet.
    bool unsettled = false;
    std::vector<BundleStatus> bundles;
};

/// The installed set and what systemd says of it. Spawns nothing and asks the container engine
/// nothing.
[[nodiscard]] model::Result<Status> status(const Context& context);

/// What a unit's state means for its container.
[[nodiscard]] Condition condition_of(const host::UnitState& unit);

}  // namespace agent::operations
