// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/host/container_engine.hpp"
#include "agent/model/installed_set.hpp"

namespace agent::operations {

/// What the engine has already; what is there is not brought or created again.
struct EngineInventory {
    std::vector<host::ImageInfo> images;
    std::vector<host::ContainerInfo> containers;

    [[nodiscard]] bool has_image(const model::Sha256& id) const;
    /// By its name and its spec: a container that somebody else gave the name is another one.
    [[nodiscard]] bool has_container(const model::InstalledContainer& container) const;
    /// Image that has this name.
    [[nodiscard]] std::optional<model::Sha256> image_named(const std::string& name) const;
};

[[nodiscard]] model::Result<EngineInventory> take_inventory(host::ContainerEngine& engine);

}  // namespace agent::operations
