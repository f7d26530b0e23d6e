// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/inventory.hpp"

#include <algorithm>

#include "agent/containers/create_spec.hpp"

namespace agent::operations {

namespace {

/// With a registry and a tag, and without a digest: as the engine lists it.
bool is_complete(const std::string& name) {
    const auto slash = name.find('/');
    if (slash == std::string::npos || name.find('@') != std::string::npos) return false;
    const auto registry = name.substr(0, slash);
    return (registry == "localhost" || registry.find_first_of(".:") != std::string::npos) &&
           name.find(':', name.rfind('/')) != std::string::npos;
}

}  // namespace

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

bool lacks_name(const host::Inventory& inventory, const model::Sha256& id,
                const std::string& name) {
    for (const auto& image : inventory.images) {
        if (image.id != id) continue;
        const auto& names = image.names;
        if (!is_complete(name)) return names.empty();
        return std::find(names.begin(), names.end(), name) == names.end();
    }
    return false;
}

}  // namespace agent::operations
