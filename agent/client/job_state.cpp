// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/client/job_state.hpp"

#include <limits>

#include "agent/bus/names.hpp"
#include "agent/model/text.hpp"

namespace agent::client {

namespace {

int read_text(sd_bus_message* message, std::string& text) {
    const char* value = nullptr;
    const int result = sd_bus_message_read(message, "v", "s", &value);
    if (result > 0) text = value;
    return result;
}

int read_property(sd_bus_message* message, std::string& state, Ended& ended) {
    const char* key = nullptr;
    const int result = sd_bus_message_read(message, "s", &key);
    if (result < 0) return result;
    const std::string_view name = key;
    if (name == "State") return read_text(message, state);
    if (name == "Document") return read_text(message, ended.document);
    if (name == "Text") return read_text(message, ended.text);
    if (name == "ExitCode") return sd_bus_message_read(message, "v", "i", &ended.exit_code);
    return sd_bus_message_skip(message, "v");
}

}  // namespace

std::string path_of(Job job) {
    return std::string(bus::kJobPath) + "/" + std::to_string(job);
}

std::optional<Job> job_of(std::string_view path) {
    const std::string prefix = std::string(bus::kJobPath) + "/";
    if (path.substr(0, prefix.size()) != prefix) return std::nullopt;
    const auto number =
        model::parse_decimal(path.substr(prefix.size()), std::numeric_limits<Job>::max());
    return number ? std::optional(static_cast<Job>(*number)) : std::nullopt;
}

int read_state(sd_bus_message* properties, std::optional<Ended>& ended) {
    std::string state;
    Ended values;
    int result = sd_bus_message_enter_container(properties, 'a', "{sv}");
    while (result >= 0 && (result = sd_bus_message_enter_container(properties, 'e', "sv")) > 0) {
        result = read_property(properties, state, values);
        if (result >= 0) result = sd_bus_message_exit_container(properties);
    }
    if (result < 0) return result;
    ended = state == "ended" ? std::optional(std::move(values)) : std::nullopt;
    return 0;
}

}  // namespace agent::client
