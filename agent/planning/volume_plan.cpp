// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/volume_plan.hpp"

#include "agent/planning/checks.hpp"

namespace agent::planning {

namespace {

using model::Description;
using model::InstalledSet;
using model::Volume;

/// Volumes by host path, so that none comes twice and one comes before those in it.
using Places = std::map<std::string, PlannedVolume>;

std::vector<std::uint32_t> gids_of(const InstalledSet& set, const Description& owner,
                                   const std::vector<std::string>& groups) {
    std::vector<std::uint32_t> gids;
    for (const auto& group : groups)
        if (const auto gid = find_gid(set, owner, group)) gids.push_back(*gid);
    return gids;
}

void add_volume(const InstalledSet& set, const Description& owner, const Volume& volume,
                Places& places) {
    places[volume.host_path] = {.host_path = volume.host_path,
                                .label = label(owner) + ", volume " + volume.name,
                                .read_only = gids_of(set, owner, volume.read_only_groups),
                                .read_write = gids_of(set, owner, volume.read_write_groups)};
}

/// Whether a container of the bundle mounts what lies there.
bool mounts(const InstalledSet& set, const Description& bundle, const std::string& host_path,
            const model::VolumeRoots& roots) {
    for (const auto* containers : {&bundle.containers, &bundle.init_containers})
        for (const auto& container : *containers)
            for (const auto& mount : container.mounts)
                if (const auto volume = find_volume(set, bundle, mount.volume, roots);
                    volume && volume->host_path == host_path)
                    return true;
    for (const auto& provider : bundle.file_providers)
        for (const auto& copy : provider.copy)
            if (const auto volume = find_volume(set, bundle, copy.volume, roots);
                volume && volume->host_path == host_path)
                return true;
    return false;
}

bool is_used(const InstalledSet& set, const std::string& host_path,
             const model::VolumeRoots& roots) {
    for (const auto& [id, bundle] : set.bundles)
        for (const auto& volume : volumes_of(bundle.description, roots))
            if (model::overlap(volume.host_path, host_path)) return true;
    return false;
}

}  // namespace

void plan_volumes(const model::VolumeRoots& roots, Plan& plan) {
    Places places;
    for (const auto& candidate : plan.add) {
        const auto& bundle = candidate.description;
        for (const auto& volume : volumes_of(bundle, roots))
            add_volume(plan.result, bundle, volume, places);
        for (const auto& requirement : bundle.requires_bundles) {
            const auto& owner = plan.result.find(requirement.id)->description;
            for (const auto& volume : volumes_of(owner, roots))
                if (mounts(plan.result, bundle, volume.host_path, roots))
                    add_volume(plan.result, owner, volume, places);
        }
    }
    for (auto& [path, volume] : places)
        plan.volumes.push_back(std::move(volume));
}

void plan_purge(const InstalledSet& installed, const model::VolumeRoots& roots, Plan& plan) {
    for (const auto& id : plan.remove) {
        const auto& bundle = installed.find(id)->description;
        if (!bundle.bundle_group) continue;
        // It comes last.
        auto path = volumes_of(bundle, roots).back().host_path;
        if (!is_used(plan.result, path, roots)) plan.purge.push_back(std::move(path));
    }
}

}  // namespace agent::planning
