// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/unit_name.hpp"

#include <algorithm>
#include <array>

namespace agent::model {
namespace {

/// UNIT_NAME_MAX of systemd counts the terminating NUL.
constexpr std::size_t kLongestUnitName = 255;

constexpr std::array<std::string_view, 11> kUnitTypes{"service", "socket",    "target", "device",
                                                      "mount",   "automount", "swap",   "timer",
                                                      "path",    "slice",     "scope"};

bool is_unit_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(":-_.\\@").find(c) != std::string_view::npos;
}

}  // namespace

std::string bundle_target(const BundleId& id) {
    return id.value() + ".target";
}

std::string bundle_restart_target(const BundleId& id) {
    return id.value() + "-restart.target";
}

std::string bundle_slice(const BundleId& id) {
    std::string name = "bundles-";
    for (const char c : id.value()) {
        if (c == '-')
            name += "\\x2d";
        else
            name += c;
    }
    return name + ".slice";
}

std::string container_service(const ContainerName& name) {
    return name.value() + ".service";
}

bool is_unit_file_name(std::string_view name) {
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || name.size() > kLongestUnitName) return false;
    if (std::find(kUnitTypes.begin(), kUnitTypes.end(), name.substr(dot + 1)) == kUnitTypes.end())
        return false;
    const auto stem = name.substr(0, dot);
    return stem.front() != '@' && std::all_of(stem.begin(), stem.end(), is_unit_name_character);
}

}  // namespace agent::model
