// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/operations/context.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

/// A container that has devices, in the set of a generation.
struct DeviceUser {
    unsigned generation = 0;
    model::InstalledContainer container;
    /// As its description has them.
    std::vector<std::string> devices;
};
[[nodiscard]] std::vector<DeviceUser> device_users(const model::InstalledSet& set);

/// The numbers that the devices have now; without those that are missing.
[[nodiscard]] model::DeviceNumbers numbers_now(const Host& host,
                                               const std::vector<DeviceUser>& users);

struct ChangedDevices {
    DeviceUser user;
    /// One a device: what it was and is.
    std::vector<std::string> reasons;
};
struct MissingDevice {
    model::ContainerName container;
    std::string path;
};
/// What is to be done about containers whose devices may have other numbers by now.
struct DeviceFindings {
    /// To be created again.
    std::vector<ChangedDevices> changed;
    /// The container cannot be created without it, so it is left as it is.
    std::vector<MissingDevice> missing;
    /// The engine does not have them, and the devices are there.
    std::vector<DeviceUser> absent;
};
/// Pure. A container that somebody else gave the name is left alone.
[[nodiscard]] DeviceFindings compare_devices(const std::vector<DeviceUser>& users,
                                             const model::DeviceNumbers& now,
                                             const std::vector<host::ContainerInfo>& engine);

/// Those of `plan`'s containers that the engine has from a kept set, with devices by other numbers
/// than they have now. The current set's may run, and are recreate()'s.
[[nodiscard]] std::set<std::string> outdated_containers(const Host& host,
                                                        const planning::Plan& plan,
                                                        const model::InstalledSet& current,
                                                        const host::Inventory& engine);

/// Whether a container has the numbers that its devices have now, as far as is known without the
/// engine: those that it was created with are noted, and those that are missing wait.
[[nodiscard]] bool is_up_to_date(const DeviceUser& user, const model::DeviceNumbers& now,
                                 host::Devices& devices);

}  // namespace agent::operations
