// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::bus {

// The service on the system bus; config/dbus describes its interfaces.
inline constexpr const char* kName = "org.updateagent";
inline constexpr const char* kManagerPath = "/org/updateagent";
inline constexpr const char* kManagerInterface = "org.updateagent.Manager1";
/// Objects of jobs are below it, by their number.
inline constexpr const char* kJobPath = "/org/updateagent/job";
inline constexpr const char* kJobInterface = "org.updateagent.Job1";

/// `org.updateagent.Error.NotFound` and the like.
[[nodiscard]] std::string error_name(model::ErrorCode code);
/// What such a name means, or one of AccessDenied, InteractiveAuthorizationRequired and InvalidArgs
/// of org.freedesktop.DBus.Error; ErrorCode::internal for any other.
[[nodiscard]] model::ErrorCode error_of_name(std::string_view name);

}  // namespace agent::bus
