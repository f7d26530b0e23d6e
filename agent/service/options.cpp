// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/options.hpp"

#include <algorithm>
#include <cstdint>

namespace agent::service {

namespace {

using model::ErrorCode;
using model::Result;

constexpr std::size_t kMostNames = 100;
constexpr std::size_t kLongestName = 4096;

model::Error unreadable() {
    return {ErrorCode::usage, "the arguments of the call cannot be read"};
}

Result<> read_value(sd_bus_message* call, const std::string& name, CallOptions& options) {
    const std::string type = name == "who" ? "s" : name == "generation" ? "u" : "b";
    const char* text = nullptr;
    std::uint32_t number = 0;
    int flag = 0;
    int result = type == "s"   ? sd_bus_message_read(call, "v", "s", &text)
                 : type == "u" ? sd_bus_message_read(call, "v", "u", &number)
                               : sd_bus_message_read(call, "v", "b", &flag);
    if (result < 0)
        return model::fail(ErrorCode::usage, "the option '" + name + "' is to be a " + type);
    if (type == "s") {
        TRY(check_name(text));
        options.who = text;
    } else if (type == "u") {
        options.generation = std::to_string(number);
    } else if (flag != 0) {
        options.arguments.push_back("--" + name);
    }
    return {};
}

}  // namespace

bool CallOptions::has(const std::string& argument) const {
    return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
}

Result<CallOptions> read_options(sd_bus_message* call, std::span<const std::string> names) {
    CallOptions options;
    std::vector<std::string> seen;
    if (sd_bus_message_enter_container(call, 'a', "{sv}") < 0) return model::fail(unreadable());
    int result = 0;
    while ((result = sd_bus_message_enter_container(call, 'e', "sv")) > 0) {
        const char* name = nullptr;
        if (sd_bus_message_read(call, "s", &name) < 0) return model::fail(unreadable());
        const std::string text = name;
        if (text != "who" && std::find(names.begin(), names.end(), text) == names.end())
            return model::fail(ErrorCode::usage, "there is no option '" + text + "'");
        if (std::find(seen.begin(), seen.end(), text) != seen.end())
            return model::fail(ErrorCode::usage, "the option '" + text + "' comes twice");
        seen.push_back(text);
        TRY(read_value(call, text, options));
        if (sd_bus_message_exit_container(call) < 0) return model::fail(unreadable());
    }
    if (result < 0 || sd_bus_message_exit_container(call) < 0) return model::fail(unreadable());
    return options;
}

Result<std::vector<std::string>> read_names(sd_bus_message* call) {
    std::vector<std::string> names;
    if (sd_bus_message_enter_container(call, 'a', "s") < 0) return model::fail(unreadable());
    const char* name = nullptr;
    int result = 0;
    while ((result = sd_bus_message_read(call, "s", &name)) > 0) {
        TRY(check_name(name));
        // The command line takes it for a list.
        if (name[0] == '[')
            return model::fail(ErrorCode::usage, "no bundle or container is called '[...'");
        names.emplace_back(name);
        if (names.size() > kMostNames)
            return model::fail(ErrorCode::usage,
                               "more than " + std::to_string(kMostNames) + " names");
    }
    if (result < 0 || sd_bus_message_exit_container(call) < 0) return model::fail(unreadable());
    if (names.empty()) return model::fail(ErrorCode::usage, "at least one name is needed");
    return names;
}

Result<> check_name(const std::string& name) {
    if (name.empty()) return model::fail(ErrorCode::usage, "a name is empty");
    if (name.size() > kLongestName)
        return model::fail(ErrorCode::usage,
                           "a name is longer than " + std::to_string(kLongestName) + " bytes");
    return {};
}

}  // namespace agent::service
