// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/device_users.hpp"

namespace agent::operations {

/// What was created again and why, and which containers wait for a device.
struct Recreation {
    std::vector<ChangedDevices> recreated;
    std::vector<MissingDevice> missing;
};

/// What update-agent-recreate.service does, and an admin can: containers of the installed set whose
/// devices have other numbers than when they were created, or that have no label that says so, are
/// created again under the lock, in a transaction; what runs of them, and of what depends on them,
/// is restarted. With `if_changed` the engine is not asked where the noted numbers say that there
/// is nothing to do, and an operation that runs is waited for; else that is ErrorCode::busy.
/// ErrorCode::unhealthy for what ran and does not come up again.
[[nodiscard]] model::Result<Recreation> recreate(const Context& context, bool if_changed);

/// The same for who holds the lock, and has changed the set: a device that came back meanwhile was
/// nobody's, or was the old set's.
[[nodiscard]] model::Result<> recreate_what_changed_meanwhile(const Context& context);

}  // namespace agent::operations
