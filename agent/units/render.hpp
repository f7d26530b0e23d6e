// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/model/installed_set.hpp"
#include "agent/model/volumes.hpp"

namespace agent::units {

/// What the text of a unit depends on beside the bundles.
struct RenderContext {
    /// Major version of the systemd that runs; decides which directives are written.
    unsigned systemd_version = 0;
    std::string podman = "/usr/bin/podman";
    /// Program of ExecStopPost=, called with the container's name.
    std::string stop_helper;
    /// Absolute; RequiresMountsFor= of every container.
    std::string operation_directory = "/opt/operation";
    /// Absolute; where image stores are mounted, each on a directory of its own.
    std::string store_mounts = "/var/lib/update-agent/mounts";
    /// Where volumes lie, each a directory of RequiresMountsFor= of those that mount it.
    model::VolumeRoots volume_roots = {model::kVolumeRoot};
};

/// All files of generations/<n>/units.
struct RenderedUnits {
    /// File name to text.
    std::map<std::string, std::string> files;
    /// Targets that get a link in installed-bundles.target.wants/.
    std::vector<std::string> wants;
    /// Whether the marker kHasDevicesMarker is written.
    bool has_devices = false;
    bool operator==(const RenderedUnits&) const = default;
};

[[nodiscard]] RenderedUnits render_units(const model::InstalledSet& set,
                                         const RenderContext& context);

/// Units of `after` whose running instance has to be restarted, because their [Service] section is
/// new or another than in `before`. Names, sorted.
[[nodiscard]] std::vector<std::string> services_to_restart(const RenderedUnits& before,
                                                           const RenderedUnits& after);

}  // namespace agent::units
