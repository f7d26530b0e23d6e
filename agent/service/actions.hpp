// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/service/job.hpp"

namespace agent::service {

// Actions of polkit; config/dbus/org.updateagent.policy says who may do them.
inline constexpr const char* kInstall = "org.updateagent.install";
inline constexpr const char* kRemove = "org.updateagent.remove";
inline constexpr const char* kRollback = "org.updateagent.rollback";
inline constexpr const char* kManageUnits = "org.updateagent.manage-units";
inline constexpr const char* kQuery = "org.updateagent.query";

/// The one that a job needs.
[[nodiscard]] inline const char* action_of(const JobRequest& request) {
    if (request.operation == "install") return kInstall;
    if (request.operation == "remove") return kRemove;
    if (request.operation == "rollback") return kRollback;
    // What is repaired is what an installation has made.
    if (request.operation == "verify") return request.lane == Lane::set ? kInstall : kQuery;
    return kManageUnits;
}

}  // namespace agent::service
