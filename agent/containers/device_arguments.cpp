// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/containers/device_arguments.hpp"

#include <algorithm>

#include "agent/containers/csv_field.hpp"

namespace agent::containers {

namespace {

using model::DeviceNode;
using model::ErrorCode;
using model::Result;

constexpr std::string_view kOption = "--device=";

bool is_device(const std::string& argument) {
    return argument.starts_with(kOption);
}

std::string path_in(std::string_view argument) {
    return from_csv_field(argument.substr(kOption.size()));
}

/// The image: what is behind it is the container's own command.
std::vector<std::string>::const_iterator end_of_options(const std::vector<std::string>& arguments) {
    return std::find_if(arguments.begin(), arguments.end(),
                        [](const auto& argument) { return !argument.starts_with("--"); });
}

std::string label_key(const std::string& path) {
    std::string key(kDeviceLabelPrefix);
    for (const char c : path)
        if (c == '%')
            key += "%25";
        else if (c == '=')
            key += "%3D";
        else
            key += c;
    return key;
}

std::string path_of_label(std::string_view key) {
    std::string path;
    for (std::size_t i = 0; i < key.size(); ++i) {
        const auto code = key.substr(i, 3);
        if (code == "%25" || code == "%3D") {
            path += code == "%25" ? '%' : '=';
            i += 2;
        } else {
            path += key[i];
        }
    }
    return path;
}

/// RESOLVED[:PATH]: podman resolves a link, and would give the device the name that it leads to.
Result<std::string> option(const std::string& path, const DeviceNode& node) {
    if (node.path.find(':') != std::string::npos)
        return model::fail(ErrorCode::conflict, path + " leads to " + node.path +
                                                    ", which has a colon, and podman cannot "
                                                    "express that");
    const auto text = node.path == path ? path : node.path + ":" + path;
    return std::string(kOption) + csv_field(text);
}

Result<DeviceNode> look_for(const std::string& path, const DeviceLookup& look_up) {
    auto node = look_up(path);
    if (node || node.error().code() != ErrorCode::not_found) return node;
    return model::fail(ErrorCode::conflict, "the device " + node.error().text());
}

}  // namespace

Result<LocalArguments> arguments_here(const std::vector<std::string>& arguments,
                                      const DeviceLookup& look_up) {
    const auto end = end_of_options(arguments);
    LocalArguments local;
    std::vector<std::string> labels;
    for (auto argument = arguments.begin(); argument != end; ++argument) {
        local.arguments.push_back(*argument);
        if (!is_device(*argument)) continue;
        const auto path = path_in(*argument);
        TRY_ASSIGN(const auto node, look_for(path, look_up));
        TRY_ASSIGN(local.arguments.back(), option(path, node));
        labels.push_back("--label=" + label_key(path) + "=" + to_string(node.number));
        local.devices.emplace(path, node.number);
    }
    local.arguments.insert(local.arguments.end(), labels.begin(), labels.end());
    local.arguments.insert(local.arguments.end(), end, arguments.end());
    return local;
}

model::DeviceNumbers device_labels(const std::map<std::string, std::string>& labels) {
    model::DeviceNumbers numbers;
    for (const auto& [key, value] : labels) {
        if (!key.starts_with(kDeviceLabelPrefix)) continue;
        if (const auto number = model::parse_device_number(value))
            numbers.emplace(path_of_label(std::string_view(key).substr(kDeviceLabelPrefix.size())),
                            *number);
    }
    return numbers;
}

}  // namespace agent::containers
