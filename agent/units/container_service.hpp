// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "agent/model/installed_set.hpp"
#include "agent/units/render.hpp"

namespace agent::units {

/// What a container's unit depends on beside the container's own description.
struct ContainerPlace {
    const model::Description& bundle;
    /// Its name in podman.
    std::string podman_name;
    /// Directories of the machine that it needs.
    std::vector<std::string> host_paths = {};
    /// Where its image is mounted, instead of being in podman's own store.
    std::optional<std::string> image_mount = {};
    /// Whether another installed container has BindsTo= this one.
    bool bound = false;
};

/// Text of <container>.service.
[[nodiscard]] std::string container_service_text(const model::Container& container,
                                                 const ContainerPlace& place,
                                                 const RenderContext& context);

}  // namespace agent::units
