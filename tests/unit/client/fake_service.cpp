// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/client/fake_service.hpp"

namespace test {

namespace {

constexpr const char* kInterface = "org.updateagent.Job1";
constexpr const char* kDaemon = "org.freedesktop.DBus";

bool is(sd_bus_message* call, const char* member) {
    return sd_bus_message_is_method_call(call, nullptr, member) > 0;
}

}  // namespace

FakeService::FakeService(Handlers handlers)
    : handlers_(std::move(handlers)), bus_([this](sd_bus_message* call) { return answer(call); }) {}

std::vector<std::string> FakeService::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

int FakeService::answer(sd_bus_message* call) {
    if (is(call, "AddMatch")) return reply(call);
    {
        const std::lock_guard lock(mutex_);
        calls_.emplace_back(sd_bus_message_get_member(call));
    }
    const int result = handle(call);
    return result < 0 ? result : 1;
}

int FakeService::handle(sd_bus_message* call) {
    if (is(call, "StartServiceByName")) return handlers_.start(*this, call);
    if (is(call, "GetAll")) return handlers_.properties(*this, call);
    if (is(call, "Cancel")) return handlers_.cancel(*this, call);
    return handlers_.begin(*this, call);
}

int FakeService::send(sd_bus_message* call, sd_bus_message* message, int result) {
    if (result >= 0) result = sd_bus_message_set_sender(message, speaker.c_str());
    if (result >= 0) result = sd_bus_send(sd_bus_message_get_bus(call), message, nullptr);
    sd_bus_message_unref(message);
    return result;
}

int FakeService::refuse(sd_bus_message* call, const char* name, const char* message) {
    return sd_bus_reply_method_errorf(call, name, "%s", message);
}

int FakeService::state(sd_bus_message* call, const char* state, int exit_code, const char* document,
                       const char* text) {
    return reply(call, "a{sv}", 6, "Operation", "s", "install", "State", "s", state, "Bytes", "t",
                 std::uint64_t{5}, "ExitCode", "i", exit_code, "Document", "s", document, "Text",
                 "s", text);
}

int FakeService::signal(sd_bus_message* call, const char* member,
                        const std::function<int(sd_bus_message*)>& fill, const char* path) {
    sd_bus_message* raw = nullptr;
    int result =
        sd_bus_message_new_signal(sd_bus_message_get_bus(call), &raw, path, kInterface, member);
    if (result >= 0) result = fill(raw);
    return send(call, raw, result);
}

int FakeService::progress(sd_bus_message* call, const char* record, const char* path) {
    return signal(
        call, "Progress",
        [record](sd_bus_message* message) { return sd_bus_message_append(message, "s", record); },
        path);
}

int FakeService::ended(sd_bus_message* call, int exit_code, const char* document,
                       const char* text) {
    return signal(
        call, "Ended",
        [=](sd_bus_message* message) {
            return sd_bus_message_append(message, "iss", exit_code, document, text);
        },
        kJob);
}

int FakeService::change_hands(sd_bus_message* call, const char* to) {
    sd_bus_message* raw = nullptr;
    int result = sd_bus_message_new_signal(sd_bus_message_get_bus(call), &raw,
                                           "/org/freedesktop/DBus", kDaemon, "NameOwnerChanged");
    if (result >= 0)
        result = sd_bus_message_append(raw, "sss", "org.updateagent", speaker.c_str(), to);
    std::string from = kDaemon;
    speaker.swap(from);
    result = send(call, raw, result);
    speaker = to;
    return result;
}

}  // namespace test
