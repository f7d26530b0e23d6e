// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "agent/planning/checks.hpp"

namespace agent::planning {

namespace {

constexpr const char* kOtherKind =
    "take a bundle whose images are unpacked, which 'update-agent bundle create' makes with "
    "--images=oci";

/// podman maps the owners of files of its own store only.
bool maps_ids(const model::Container& container) {
    return !container.uid_map.empty() || !container.gid_map.empty();
}

/// Layers are the same by their ids, which nobody but the signer vouches for. What it is called;
/// empty where there is none.
std::string store_of_another_signer(const Candidate& candidate, const model::InstalledSet& result,
                                    const MachineFacts& facts) {
    for (const auto& [id, bundle] : result.bundles)
        if (bundle.store && bundle.anchor != candidate.anchor)
            return "those of " + label(bundle.description) + " are";
    for (const auto& [name, anchor] : facts.kept_stores)
        if (anchor != candidate.anchor)
            return "those of " + name + " are, which is kept to go back to";
    return {};
}

}  // namespace

void check_image_store(const Candidate& candidate, const model::InstalledSet& result,
                       const MachineFacts& facts, model::Problems& problems) {
    if (!candidate.store) return;
    const auto refuse = [&](const std::string& message) {
        problems.push_back({.code = model::ErrorCode::conflict,
                            .where = candidate.source,
                            .key = {},
                            .message = message,
                            .hint = kOtherKind});
    };
    if (!facts.store_obstacle.empty())
        refuse("its images are to be mounted, and this machine cannot: " + facts.store_obstacle);
    if (!candidate.delta_obstacle.empty())
        problems.push_back({.code = model::ErrorCode::conflict,
                            .where = candidate.source,
                            .key = {},
                            .message = candidate.delta_obstacle,
                            .hint = "take the whole bundle"});
    const auto& description = candidate.description;
    if (std::any_of(description.containers.begin(), description.containers.end(), maps_ids) ||
        std::any_of(description.init_containers.begin(), description.init_containers.end(),
                    maps_ids))
        refuse(
            "its images are to be mounted, and podman cannot give the files of such an image "
            "the owners that uid-map and gid-map say");
    if (const auto other = store_of_another_signer(candidate, result, facts); !other.empty())
        refuse("its images are to be mounted, as " + other +
               ", and the same layers in both would be one, which only bundles of one signer may "
               "have");
}

void check_kept_store(const Candidate& candidate, const MachineFacts& facts,
                      model::Problems& problems) {
    const auto absent = facts.absent_stores.find(candidate.description.id);
    if (candidate.kept || absent == facts.absent_stores.end()) return;
    problems.push_back(
        {.code = model::ErrorCode::conflict,
         .where = candidate.source,
         .key = {},
         .message = label(candidate.description) +
                    " is installed, but the file of its images is gone: " + absent->second,
         .hint = "'update-agent verify' says how to bring it back"});
}

}  // namespace agent::planning
