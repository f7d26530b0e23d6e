// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bus/names.hpp"

#include <array>

namespace agent::bus {

namespace {

using model::ErrorCode;

constexpr std::string_view kPrefix = "org.updateagent.Error.";

struct ErrorName {
    ErrorCode code;
    std::string_view name;
};

constexpr std::array<ErrorName, 12> kErrorNames = {{
    {ErrorCode::internal, "Internal"},
    {ErrorCode::usage, "Usage"},
    {ErrorCode::invalid, "Invalid"},
    {ErrorCode::untrusted, "Untrusted"},
    {ErrorCode::conflict, "Conflict"},
    {ErrorCode::not_found, "NotFound"},
    {ErrorCode::busy, "Busy"},
    {ErrorCode::unhealthy, "Unhealthy"},
    {ErrorCode::rollback_failed, "RollbackFailed"},
    {ErrorCode::not_permitted, "NotPermitted"},
    {ErrorCode::no_space, "NoSpace"},
    {ErrorCode::unreachable, "Unreachable"},
}};

}  // namespace

std::string error_name(ErrorCode code) {
    for (const auto& row : kErrorNames)
        if (row.code == code) return std::string(kPrefix).append(row.name);
    return std::string(kPrefix) + "Internal";
}

ErrorCode error_of_name(std::string_view name) {
    if (name == "org.freedesktop.DBus.Error.AccessDenied") return ErrorCode::not_permitted;
    if (name == "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
        return ErrorCode::not_permitted;
    if (name == "org.freedesktop.DBus.Error.InvalidArgs") return ErrorCode::usage;
    for (const auto& row : kErrorNames)
        if (name.substr(0, kPrefix.size()) == kPrefix && name.substr(kPrefix.size()) == row.name)
            return row.code;
    return ErrorCode::internal;
}

}  // namespace agent::bus
