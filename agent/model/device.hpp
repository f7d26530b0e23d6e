// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace agent::model {

/// What the kernel knows a device by.
struct DeviceNumber {
    unsigned major = 0;
    unsigned minor = 0;
    bool operator==(const DeviceNumber&) const = default;
};
/// `188.0`, both decimal.
[[nodiscard]] std::string to_string(const DeviceNumber& number);
[[nodiscard]] std::optional<DeviceNumber> parse_device_number(std::string_view text);

/// What a path leads to.
struct DeviceNode {
    /// Without links.
    std::string path;
    DeviceNumber number;
    bool operator==(const DeviceNode&) const = default;
};

/// By the paths of a description.
using DeviceNumbers = std::map<std::string, DeviceNumber>;

}  // namespace agent::model
