// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/client/request_message.hpp"

#include "agent/bus/names.hpp"
#include "agent/bus/text.hpp"
#include "agent/model/overloaded.hpp"

namespace agent::client {

namespace {

int append(sd_bus_message* message, const std::vector<File>& files) {
    int result = sd_bus_message_open_container(message, 'a', "(sh)");
    for (const auto& file : files) {
        if (result >= 0) result = sd_bus_message_open_container(message, 'r', "sh");
        if (result >= 0) result = bus::append_text(message, file.name);
        if (result >= 0) result = sd_bus_message_append(message, "h", file.descriptor);
        if (result >= 0) result = sd_bus_message_close_container(message);
    }
    return result < 0 ? result : sd_bus_message_close_container(message);
}

int append_options(sd_bus_message* message, const Request& request) {
    int result = sd_bus_message_open_container(message, 'a', "{sv}");
    for (const auto& flag : request.flags)
        if (result >= 0) result = sd_bus_message_append(message, "{sv}", flag.c_str(), "b", 1);
    if (result >= 0 && request.generation)
        result = sd_bus_message_append(message, "{sv}", "generation", "u", *request.generation);
    if (result >= 0 && !request.who.empty())
        result =
            sd_bus_message_append(message, "{sv}", "who", "s", bus::sendable(request.who).c_str());
    return result < 0 ? result : sd_bus_message_close_container(message);
}

}  // namespace

int make_message(sd_bus* bus, const Request& request, bus::Message& message) {
    sd_bus_message* raw = nullptr;
    int result = sd_bus_message_new_method_call(bus, &raw, bus::kName, bus::kManagerPath,
                                                bus::kManagerInterface, request.method.c_str());
    message.reset(raw);
    if (result < 0) return result;
    result = std::visit(
        model::Overloaded{
            [](std::monostate) { return 0; },
            [raw](const std::vector<std::string>& names) { return bus::append_texts(raw, names); },
            [raw](const std::vector<File>& files) { return append(raw, files); }},
        request.subjects);
    return result < 0 ? result : append_options(raw, request);
}

}  // namespace agent::client
