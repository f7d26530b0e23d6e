// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/model/installed_set.hpp"
#include "agent/model/volumes.hpp"

namespace agent::containers {

/// A directory of the machine, where a container has it.
struct PlacedMount {
    std::string host_path;
    std::string target;
    bool read_only = false;
    std::string propagation;
    bool operator==(const PlacedMount&) const = default;
};

/// What the names in a container's description mean in an installed set.
struct Placement {
    std::vector<PlacedMount> mounts;
    /// Those of its groups that a bundle defines; others are those of its image.
    std::map<std::string, std::uint32_t> gids;
    /// The image comes from a store that is mounted: a container that was created from the same
    /// image in the engine's own store is another one.
    bool mounted_image = false;
    bool operator==(const Placement&) const = default;
};

/// A volume that there is none of, which no plan lets in, is left out.
[[nodiscard]] Placement place(const model::InstalledSet& set, const model::Description& bundle,
                              const model::Container& container, const model::VolumeRoots& roots);

}  // namespace agent::containers
