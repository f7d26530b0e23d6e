// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/client/failures.hpp"

#include <array>

#include "agent/bus/names.hpp"
#include "agent/model/text.hpp"

namespace agent::client {

namespace {

using model::Error;
using model::ErrorCode;

constexpr std::string_view kWhatBecameOfIt =
    "'update-agent history' says what was done, and 'update-agent status' what runs";

// dbus-daemon's own, and what systemd answers it with.
constexpr std::array<std::string_view, 5> kAbsent = {
    "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.Spawn.ServiceNotFound", "org.freedesktop.systemd1.NoSuchUnit",
    "org.freedesktop.systemd1.UnitMasked"};
constexpr std::array<std::string_view, 4> kAway = {
    "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Timeout",
    "org.freedesktop.DBus.Error.TimedOut", "org.freedesktop.DBus.Error.Disconnected"};
constexpr std::array<std::string_view, 3> kNoObject = {
    "org.freedesktop.DBus.Error.UnknownObject", "org.freedesktop.DBus.Error.UnknownMethod",
    "org.freedesktop.DBus.Error.UnknownInterface"};

bool begins_with(std::string_view text, std::string_view beginning) {
    return text.substr(0, beginning.size()) == beginning;
}

std::string follow_it(Job job) {
    return "follow it with: update-agent watch " + std::to_string(job);
}

Error denied(const Failure& failure, const std::string& what, const std::string& action) {
    std::string text = what + ": " + failure.message;
    if (failure.message.find(action) == std::string::npos)
        text += (failure.message.empty() ? "" : ": ") + std::string("it takes polkit's ") + action;
    if (failure.name == "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
        text += "; with --interactive you are asked for a password";
    return {ErrorCode::not_permitted, std::move(text)};
}

}  // namespace

bool means_absent(std::string_view error_name) {
    return model::is_one_of(error_name, kAbsent);
}

bool means_away(std::string_view error_name) {
    return means_absent(error_name) || model::is_one_of(error_name, kAway) ||
           begins_with(error_name, "org.freedesktop.DBus.Error.Spawn.") ||
           begins_with(error_name, "org.freedesktop.systemd1.");
}

bool means_no_object(std::string_view error_name) {
    return model::is_one_of(error_name, kNoObject);
}

Error told(const Failure& failure, const std::string& what, const std::string& action) {
    const auto code = bus::error_of_name(failure.name);
    if (failure.kind == Failure::Kind::left)
        return {ErrorCode::busy, what + ": the service did not answer before you left: " +
                                     std::string(kWhatBecameOfIt)};
    if (failure.kind == Failure::Kind::no_connection || means_away(failure.name))
        return {ErrorCode::internal, what + ": the service did not answer (" + failure.message +
                                         "): " + std::string(kWhatBecameOfIt)};
    if (code == ErrorCode::not_permitted) return denied(failure, what, action);
    return {code, failure.message.empty() ? what + ": " + failure.name : failure.message};
}

Error left(Job job) {
    return {ErrorCode::busy, "job " + std::to_string(job) + " goes on; " + follow_it(job)};
}

Error unknown_job(Job job) {
    return {ErrorCode::not_found, "the service knows no job " + std::to_string(job) +
                                      ": 'update-agent history' shows what was done"};
}

Error lost_connection(Job job) {
    return {ErrorCode::internal, "the connection to the system bus was lost: job " +
                                     std::to_string(job) + " goes on; " + follow_it(job)};
}

Error lost_job(Job job, const std::string& reason) {
    const std::string number = "job " + std::to_string(job);
    if (reason.empty())
        return {ErrorCode::internal, "the service was restarted, and does not know " + number +
                                         " any more: " + std::string(kWhatBecameOfIt)};
    return {ErrorCode::internal, "the service went away, and does not come back (" + reason +
                                     "): what became of " + number +
                                     " is not known: " + std::string(kWhatBecameOfIt)};
}

}  // namespace agent::client
