// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "agent/model/ids.hpp"
#include "agent/model/text.hpp"

namespace agent::model {

[[nodiscard]] std::string bundle_target(const BundleId& id);          // <id>.target
[[nodiscard]] std::string bundle_restart_target(const BundleId& id);  // <id>-restart.target
[[nodiscard]] std::string bundle_slice(const BundleId& id);           // bundles-<escaped id>.slice
[[nodiscard]] std::string container_service(const ContainerName& name);  // <name>.service

/// Of the instances NAME:SECONDS of update-agent-pause@.service.
inline constexpr std::string_view kPausePrefix = "update-agent-pause@";
inline constexpr std::string_view kInstalledBundlesTarget = "installed-bundles.target";
inline constexpr std::string_view kInstalledBundlesWants = "installed-bundles.target.wants";
/// A file among the units of a generation, there when one of its containers has a device.
inline constexpr std::string_view kHasDevicesMarker = "has-devices";
/// Shows podman the images that are mounted.
inline constexpr std::string_view kImagesService = "update-agent-images.service";
/// A link that the generator leaves beside its links; its target is the number of the generation.
inline constexpr std::string_view kLoadedGenerationStamp = "update-agent.generation";

/// Whether systemd takes a file of that name for a unit (systemd.unit(5): characters, length,
/// a suffix of a unit type). Allocates nothing, and is whole in this header for the generator,
/// which links no library.
[[nodiscard]] constexpr bool is_unit_file_name(std::string_view name) {
    // UNIT_NAME_MAX of systemd counts the terminating NUL.
    constexpr std::size_t kLongest = 255;
    constexpr std::array<std::string_view, 11> kTypes{"service", "socket",    "target", "device",
                                                      "mount",   "automount", "swap",   "timer",
                                                      "path",    "slice",     "scope"};
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || name.size() > kLongest) return false;
    if (!is_one_of({name.begin() + dot + 1, name.end()}, kTypes)) return false;
    const std::string_view stem(name.data(), dot);
    return stem.front() != '@' && has_only_alphanumeric_and(stem, ":-_.\\@");
}

}  // namespace agent::model
