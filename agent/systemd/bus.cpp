// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/bus.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "agent/systemd/error_map.hpp"

namespace agent::systemd {

namespace {

using model::Result;
using std::chrono::microseconds;

/// Where systemctl asks, too, when it is root (systemd's src/shared/bus-util.c).
constexpr const char* kPrivateSocket = "unix:path=/run/systemd/private";

/// Waits until the connection can be used; authentication has a bound of its own in sd-bus.
int greet(sd_bus* bus) {
    const char* name = nullptr;
    return sd_bus_get_unique_name(bus, &name);
}

int open_private(sd_bus** bus) {
    int result = sd_bus_new(bus);
    if (result >= 0) result = sd_bus_set_address(*bus, kPrivateSocket);
    if (result >= 0) result = sd_bus_start(*bus);
    return result;
}

}  // namespace

model::Error BusError::told(const std::string& what, int result) const {
    return bus_error(what, error_.name == nullptr ? "" : error_.name,
                     error_.message == nullptr ? "" : error_.message, -result);
}

Result<Bus> Bus::connect(Timeout timeout) {
    const auto bound = static_cast<std::uint64_t>(microseconds(timeout).count());
    sd_bus* raw = nullptr;
    int result = sd_bus_open_system(&raw);
    Bus bus(raw);
    if (result >= 0) result = sd_bus_set_method_call_timeout(raw, bound);
    if (result >= 0) result = greet(raw);
    if (result >= 0) return bus;
    if (geteuid() == 0) {
        sd_bus* direct = nullptr;
        const int direct_result = open_private(&direct);
        Bus direct_bus(direct);
        if (direct_result >= 0 && sd_bus_set_method_call_timeout(direct, bound) >= 0)
            return direct_bus;
    }
    return model::fail(bus_error("cannot reach systemd", {}, {}, -result));
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
    const auto bound = static_cast<std::uint64_t>(microseconds(timeout).count());
    const int result = sd_bus_call(bus_.get(), request.get(), bound, error.get(), &reply);
    if (result < 0) return model::fail(error.told(what, result));
    return Message(reply);
}

Result<std::string> Bus::manager_string(const char* property) const {
    BusError error;
    char* value = nullptr;
    const int result = sd_bus_get_property_string(bus_.get(), kService, kManagerPath,
                                                  kManagerInterface, property, error.get(), &value);
    if (result < 0) return model::fail(error.told(property, result));
    std::string text(value);
    std::free(value);
    return text;
}

Result<std::vector<std::string>> Bus::manager_strings(const char* property) const {
    BusError error;
    char** values = nullptr;
    const int result = sd_bus_get_property_strv(bus_.get(), kService, kManagerPath,
                                                kManagerInterface, property, error.get(), &values);
    if (result < 0) return model::fail(error.told(property, result));
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
    if (result < 0 && !already) return model::fail(error.told("Subscribe", result));
    return {};
}

int append_strings(sd_bus_message* message, const std::vector<std::string>& strings) {
    int result = sd_bus_message_open_container(message, 'a', "s");
    for (const auto& text : strings)
        if (result >= 0) result = sd_bus_message_append(message, "s", text.c_str());
    return result < 0 ? result : sd_bus_message_close_container(message);
}

}  // namespace agent::systemd
