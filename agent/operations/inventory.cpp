// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/inventory.hpp"

#include <algorithm>

#include "agent/containers/create_spec.hpp"

namespace agent::operations {

bool has_image(const host::Inventory& inventory, const model::Sha256& id) {
    return std::any_of(inventory.images.begin(), inventory.images.end(),
                       [&](const auto& image) { return image.id == id; });
}

bool has_container(const host::Inventory& inventory, const model::InstalledContainer& container) {
    const std::string key(containers::kSpecLabel);
    const auto& all = inventory.containers;
    return std::any_of(all.begin(), all.end(), [&](const auto& there) {
        const auto label = there.labels.find(key);
        return there.name == container.podman_name && label != there.labels.end() &&
               label->second == container.spec.hex();
    });
}

std::optional<model::Sha256> image_named(const host::Inventory& inventory,
                                         const std::string& name) {
    for (const auto& image : inventory.images)
        if (std::find(image.names.begin(), image.names.end(), name) != image.names.end())
            return image.id;
    return std::nullopt;
}

}  // namespace agent::operations
