// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/device.hpp"

#include <charconv>

namespace agent::model {

namespace {

std::optional<unsigned> parse_number(std::string_view text) {
    unsigned number = 0;
    const auto* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || last != end) return std::nullopt;
    return number;
}

}  // namespace

std::string to_string(const DeviceNumber& number) {
    return std::to_string(number.major) + "." + std::to_string(number.minor);
}

std::optional<DeviceNumber> parse_device_number(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto major = parse_number(text.substr(0, dot));
    const auto minor = parse_number(text.substr(dot + 1));
    if (!major || !minor) return std::nullopt;
    return DeviceNumber{*major, *minor};
}

}  // namespace agent::model
