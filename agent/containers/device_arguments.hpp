// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/device.hpp"
#include "agent/model/result.hpp"

namespace agent::containers {

/// What follows is the path of a device, with `%` and `=` as %25 and %3D; the value is its number,
/// as of model::to_string().
inline constexpr std::string_view kDeviceLabelPrefix = "update-agent.device.";

/// Arguments for this machine as it is now.
struct LocalArguments {
    std::vector<std::string> arguments;
    /// The numbers that the container is created with.
    model::DeviceNumbers devices;
};
/// What a path leads to, as of host::Devices::resolve().
using DeviceLookup = std::function<model::Result<model::DeviceNode>(const std::string&)>;
/// The arguments that a container is created with, from the stored ones, which don't depend on what
/// a link leads to at a moment, nor on numbers: a device that is named by a link keeps that name
/// inside, and each gets a label with its number. Whoever creates a container creates it with
/// these. ErrorCode::conflict for a device that is missing, or that podman cannot express.
[[nodiscard]] model::Result<LocalArguments> arguments_here(
    const std::vector<std::string>& arguments, const DeviceLookup& look_up);

/// The numbers that a container's labels have.
[[nodiscard]] model::DeviceNumbers device_labels(const std::map<std::string, std::string>& labels);

}  // namespace agent::containers
