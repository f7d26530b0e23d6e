// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/error_map.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace agent::systemd {

namespace {

using model::ErrorCode;

struct NamedCode {
    std::string_view name;
    ErrorCode code;
};

constexpr std::array kCodes{
    NamedCode{"org.freedesktop.systemd1.NoSuchUnit", ErrorCode::not_found},
    NamedCode{"org.freedesktop.DBus.Error.FileNotFound", ErrorCode::not_found},
    NamedCode{"org.freedesktop.DBus.Error.AccessDenied", ErrorCode::not_permitted},
    NamedCode{"org.freedesktop.DBus.Error.AuthFailed", ErrorCode::not_permitted},
    NamedCode{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
              ErrorCode::not_permitted},
    NamedCode{"org.freedesktop.systemd1.UnitMasked", ErrorCode::conflict},
    NamedCode{"org.freedesktop.systemd1.UnitInactive", ErrorCode::conflict},
    NamedCode{"org.freedesktop.systemd1.UnitBusy", ErrorCode::busy},
    NamedCode{"org.freedesktop.DBus.Error.NotSupported", ErrorCode::conflict},
    NamedCode{"org.freedesktop.systemd1.TransactionIsDestructive", ErrorCode::conflict},
    NamedCode{"org.freedesktop.systemd1.OnlyByDependency", ErrorCode::conflict},
    NamedCode{"org.freedesktop.systemd1.JobTypeNotApplicable", ErrorCode::conflict},
    NamedCode{"org.freedesktop.systemd1.ShuttingDown", ErrorCode::conflict},
    NamedCode{"org.freedesktop.systemd1.LoadFailed", ErrorCode::invalid},
    NamedCode{"org.freedesktop.systemd1.BadUnitSetting", ErrorCode::invalid},
    NamedCode{"org.freedesktop.DBus.Error.InvalidArgs", ErrorCode::invalid},
    // What has no name of its own; not EACCES, for which libsystemd takes it.
    NamedCode{"org.freedesktop.DBus.Error.Failed", ErrorCode::internal},
    NamedCode{"org.freedesktop.DBus.Error.NoSpace", ErrorCode::no_space},
};

bool means_no_answer(std::string_view name, int error_number) {
    return name == "org.freedesktop.DBus.Error.NoReply" ||
           name == "org.freedesktop.DBus.Error.Timeout" || error_number == ETIMEDOUT;
}

ErrorCode code_of(std::string_view name, int error_number) {
    const auto* known = std::find_if(kCodes.begin(), kCodes.end(),
                                     [name](const NamedCode& entry) { return entry.name == name; });
    if (known != kCodes.end()) return known->code;
    return model::errno_error(error_number, {}).code();
}

}  // namespace

model::Error bus_error(const std::string& what, std::string_view name, std::string_view message,
                       int error_number) {
    if (means_no_answer(name, error_number))
        return {ErrorCode::internal, what + ": systemd did not answer in time"};
    std::string text = what + ": ";
    text += message.empty() ? std::generic_category().message(error_number) : std::string(message);
    return {code_of(name, error_number), std::move(text)};
}

}  // namespace agent::systemd
