// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/engine_inventory.hpp"

#include <algorithm>

#include "agent/containers/create_spec.hpp"

namespace agent::operations {

bool EngineInventory::has_image(const model::Sha256& id) const {
    return std::any_of(images.begin(), images.end(),
                       [&](const auto& image) { return image.id == id; });
}

bool EngineInventory::has_container(const model::InstalledContainer& container) const {
    const std::string key(containers::kSpecLabel);
    return std::any_of(containers.begin(), containers.end(), [&](const auto& there) {
        const auto label = there.labels.find(key);
        return there.name == container.podman_name && label != there.labels.end() &&
               label->second == container.spec.hex();
    });
}

std::optional<model::Sha256> EngineInventory::image_named(const std::string& name) const {
    for (const auto& image : images)
        if (std::find(image.names.begin(), image.names.end(), name) != image.names.end())
            return image.id;
    return std::nullopt;
}

model::Result<EngineInventory> take_inventory(host::ContainerEngine& engine) {
    EngineInventory inventory;
    TRY_ASSIGN(inventory.images, engine.images());
    TRY_ASSIGN(inventory.containers, engine.containers());
    return inventory;
}

}  // namespace agent::operations
