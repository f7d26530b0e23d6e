// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "agent/model/ids.hpp"

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
/// A link that the generator leaves beside its links; its target is the number of the generation.
inline constexpr std::string_view kLoadedGenerationStamp = "update-agent.generation";

/// Whether systemd takes a file of that name for a unit (systemd.unit(5): characters, length,
/// a suffix of a unit type). Allocates nothing.
[[nodiscard]] bool is_unit_file_name(std::string_view name);

}  // namespace agent::model
