// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/unit_name.hpp"

#include <array>

#include "agent/model/text.hpp"

namespace agent::model {
namespace {

/// UNIT_NAME_MAX of systemd counts the terminating NUL.
constexpr std::size_t kLongestUnitName = 255;

constexpr std::array<std::string_view, 11> kUnitTypes{"service", "socket",    "target", "device",
                                                      "mount",   "automount", "swap",   "timer",
                                                      "path",    "slice",     "scope"};

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
    if (!is_one_of(name.substr(dot + 1), kUnitTypes)) return false;
    const auto stem = name.substr(0, dot);
    return stem.front() != '@' && has_only_alphanumeric_and(stem, ":-_.\\@");
}

}  // namespace agent::model
