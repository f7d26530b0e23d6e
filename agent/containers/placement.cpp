// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/containers/placement.hpp"

namespace agent::containers {

Placement place(const model::InstalledSet& set, const model::Description& bundle,
                const model::Container& container, const model::VolumeRoots& roots) {
    Placement placement;
    for (const auto& mount : container.mounts)
        if (const auto volume = find_volume(set, bundle, mount.volume, roots))
            placement.mounts.push_back({.host_path = volume->host_path,
                                        .target = mount.target,
                                        .read_only = mount.read_only,
                                        .propagation = mount.propagation});
    for (const auto& group : container.groups)
        if (const auto gid = find_gid(set, bundle, group)) placement.gids.emplace(group, *gid);
    const auto* installed = set.find(bundle.id);
    placement.mounted_image = installed != nullptr && installed->store.has_value();
    return placement;
}

}  // namespace agent::containers
