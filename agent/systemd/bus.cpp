// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/bus.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "agent/bus/connect.hpp"
#include "agent/systemd/error_map.hpp"

namespace agent::systemd {

namespace {

using bus::microseconds_of;
using model::Result;

/// Where systemctl asks, too, when it is root (systemd's src/shared/bus-util.c).
constexpr const char* kPrivateSocket = "unix:path=/run/systemd/private";

int open_private(sd_bus** bus) {
    int result = sd_bus_new(bus);
    if (result >= 0) result = sd_bus_set_address(*bus, kPrivateSocket);
    if (result >= 0) result = sd_bus_start(*bus);
    return result;
}

}  // namespace

model::Error told(const BusError& error, const std::string& what, int result) {
    return bus_error(what, error.name(), error.message(), -result);
}

Result<Bus> Bus::connect_system(Timeout timeout) {
    bus::Connection connection;
    const int result = bus::open_system(connection, timeout);
    if (result < 0) return model::fail(bus_error("cannot reach the system bus", {}, {}, -result));
    return Bus(connection.release());
}

Result<Bus> Bus::connect(Timeout timeout) {
    auto bus = connect_system(timeout);
    if (bus) return bus;
    auto unreachable = std::move(bus).error().with_context("cannot reach systemd");
    if (geteuid() != 0) return model::fail(std::move(unreachable));
    sd_bus* raw = nullptr;
    const int result = open_private(&raw);
    Bus direct(raw);
    if (result >= 0 && sd_bus_set_method_call_timeout(raw, microseconds_of(timeout)) >= 0)
        return direct;
    return model::fail(std::move(unreachable));
}

Result<Message> Bus::manager_call(const char* method) const {
    sd_bus_message* raw = nullptr;
    const int result = sd_bus_message_new_method_call(bus_.get(), &raw, kService, kManagerPath,
                                                      kManagerInterface, method);
    if (result < 0) return model::fail(bus_error(method, {}, {}, -result));
    return Message(raw);
}

Result<Message> Bus::call(const Message& request, const std::string& what, Timeout timeout) const {
    BusError error;
    sd_bus_message* reply = nullptr;
    const int result =
        sd_bus_call(bus_.get(), request.get(), microseconds_of(timeout), error.get(), &reply);
    if (result < 0) return model::fail(told(error, what, result));
    return Message(reply);
}

Result<std::string> Bus::manager_string(const char* property) const {
    BusError error;
    char* value = nullptr;
    const int result = sd_bus_get_property_string(bus_.get(), kService, kManagerPath,
                                                  kManagerInterface, property, error.get(), &value);
    if (result < 0) return model::fail(told(error, property, result));
    std::string text(value);
    std::free(value);
    return text;
}

Result<std::vector<std::string>> Bus::manager_strings(const char* property) const {
    BusError error;
    char** values = nullptr;
    const int result = sd_bus_get_property_strv(bus_.get(), kService, kManagerPath,
                                                kManagerInterface, property, error.get(), &values);
    if (result < 0) return model::fail(told(error, property, result));
    std::vector<std::string> list;
    for (char** value = values; value != nullptr && *value != nullptr; ++value) {
        list.emplace_back(*value);
        std::free(*value);
    }
    std::free(values);
    return list;
}

Result<> Bus::subscribe() const {
    BusError error;
    const int result = sd_bus_call_method(bus_.get(), kService, kManagerPath, kManagerInterface,
                                          "Subscribe", error.get(), nullptr, nullptr);
    const bool already =
        sd_bus_error_has_name(error.get(), "org.freedesktop.systemd1.AlreadySubscribed") > 0;
    if (result < 0 && !already) return model::fail(told(error, "Subscribe", result));
    return {};
}

int append_strings(sd_bus_message* message, const std::vector<std::string>& strings) {
    int result = sd_bus_message_open_container(message, 'a', "s");
    for (const auto& text : strings)
        if (result >= 0) result = sd_bus_message_append(message, "s", text.c_str());
    return result < 0 ? result : sd_bus_message_close_container(message);
}

}  // namespace agent::systemd
