// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/endpoint.hpp"

#include <cerrno>

#include "agent/afm/say.hpp"
#include "agent/bus/text.hpp"

namespace agent::afm {

namespace {

using model::ErrorCode;

constexpr const char* kIntrospectable = "org.freedesktop.DBus.Introspectable";

std::string member_of(sd_bus_message* message, const std::string& interface) {
    const char* const asked = sd_bus_message_get_interface(message);
    const char* const member = sd_bus_message_get_member(message);
    return member != nullptr && (asked == nullptr || interface == asked) ? member : "";
}

}  // namespace

model::Result<> Endpoint::publish() {
    sd_bus_slot* slot = nullptr;
    int result = sd_bus_add_object(bus_, &slot, path_.c_str(), on_message, this);
    slot_.reset(slot);
    if (result >= 0) result = sd_bus_request_name(bus_, interface_.c_str(), 0);
    if (result == -EEXIST)
        return model::fail(ErrorCode::conflict, "another program serves " + interface_);
    if (result < 0) return model::fail(model::errno_error(-result, "cannot serve " + interface_));
    return {};
}

void Endpoint::tell_changed(const std::string& json) const {
    // Nobody has to listen; a bus that is gone ends the program.
    static_cast<void>(
        sd_bus_emit_signal(bus_, path_.c_str(), interface_.c_str(), "changed", "s", json.c_str()));
}

std::string Endpoint::introspection() const {
    std::string text =
        "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"
        " \"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n"
        "<node>\n <interface name=\"" +
        interface_ + "\">\n";
    for (const auto& [member, handler] : handlers_)
        text += "  <method name=\"" + member +
                "\">\n"
                "   <arg name=\"input\" type=\"s\" direction=\"in\"/>\n"
                "   <arg name=\"output\" type=\"s\" direction=\"out\"/>\n"
                "  </method>\n";
    return text +
           "  <signal name=\"changed\">\n"
           "   <arg name=\"what\" type=\"s\"/>\n"
           "  </signal>\n"
           " </interface>\n</node>\n";
}

int Endpoint::on_message(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
    return static_cast<Endpoint*>(self)->handle(message);
}

int Endpoint::handle(sd_bus_message* message) const {
    if (sd_bus_message_is_method_call(message, kIntrospectable, "Introspect") > 0)
        return sd_bus_reply_method_return(message, "s", introspection().c_str());
    const auto found = handlers_.find(member_of(message, interface_));
    // sd-bus answers what is not known.
    if (found == handlers_.end()) return 0;
    const PendingCall call(message, calls_);
    const char* text = nullptr;
    if (sd_bus_message_has_signature(message, "s") <= 0 ||
        sd_bus_message_read(message, "s", &text) < 0) {
        call.refuse({ErrorCode::usage, found->first + " takes one string"});
        return 1;
    }
    say(1, found->first + " " + bus::sendable(text).substr(0, kLongestText));
    const auto input = parse_json(text);
    if (input)
        found->second(call, *input);
    else
        call.refuse(input.error());
    return 1;
}

}  // namespace agent::afm
