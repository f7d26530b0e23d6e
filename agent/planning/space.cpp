// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/space.hpp"

#include <algorithm>

#include "agent/model/images.hpp"

namespace agent::planning {

namespace {

// Layers are zstd-compressed; measured images unpack to 2.5 to 3 times their size.
constexpr std::uint64_t kUnpackedFactor = 3;

bool brings_images(const Candidate& candidate, const std::set<model::Sha256>& there) {
    if (candidate.store) return false;
    const auto images = model::images_of(candidate.description);
    return !std::all_of(images.begin(), images.end(),
                        [&](const auto& image) { return image.id && there.count(*image.id) != 0; });
}

}  // namespace

SpaceNeeded space_needed(const Plan& plan, const std::set<model::Sha256>& there) {
    SpaceNeeded space;
    space.packages = plan.host_packages.download + plan.host_packages.disk;
    for (const auto& candidate : plan.add) {
        // A kept bundle is on its disk already; its images may have to be brought in again.
        if (!candidate.kept) space.kept += candidate.bytes;
        // podman copies the blobs once more before it unpacks them.
        if (brings_images(candidate, there))
            space.engine += candidate.bytes * (1 + kUnpackedFactor);
    }
    return space;
}

}  // namespace agent::planning
