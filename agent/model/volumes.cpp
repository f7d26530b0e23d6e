// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/volumes.hpp"

#include <algorithm>

namespace agent::model {
namespace {

template <typename T>
std::optional<T> named(const std::vector<T>& values, const std::string& name) {
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&name](const T& value) { return value.name == name; });
    return found == values.end() ? std::nullopt : std::optional<T>(*found);
}

std::string home_of(const Description& bundle, const VolumeRoots& roots) {
    return roots.front() + "/" + bundle.id.value();
}

/// What `find` gives of the first bundle that `bundle` requires and where it gives anything.
template <typename Find>
auto in_required(const InstalledSet& set, const Description& bundle, Find find)
    -> decltype(find(bundle)) {
    for (const auto& requirement : bundle.requires_bundles) {
        const auto* there = set.find(requirement.id);
        if (there == nullptr) continue;
        if (auto found = find(there->description)) return found;
    }
    return std::nullopt;
}

}  // namespace

std::vector<Group> groups_of(const Description& bundle) {
    auto groups = bundle.groups;
    if (bundle.bundle_group) groups.push_back(*bundle.bundle_group);
    return groups;
}

std::vector<Volume> volumes_of(const Description& bundle, const VolumeRoots& roots) {
    auto volumes = bundle.volumes;
    const auto home = home_of(bundle, roots);
    for (auto& volume : volumes)
        if (volume.host_path.empty()) volume.host_path = home + "/" + volume.name;
    if (!bundle.bundle_group) return volumes;
    Volume own;
    own.name = kDefaultVolume;
    own.host_path = home;
    own.file_provider_access = true;
    own.read_write_groups = {bundle.bundle_group->name};
    volumes.push_back(std::move(own));
    return volumes;
}

std::optional<Volume> find_volume(const InstalledSet& set, const Description& bundle,
                                  const std::string& name, const VolumeRoots& roots) {
    if (auto own = named(volumes_of(bundle, roots), name)) return own;
    return in_required(set, bundle, [&](const Description& other) {
        auto volume = named(volumes_of(other, roots), name);
        return volume && volume->shared ? volume : std::nullopt;
    });
}

std::optional<std::uint32_t> find_gid(const InstalledSet& set, const Description& bundle,
                                      const std::string& name) {
    const auto gid = [&name](const Description& each) -> std::optional<std::uint32_t> {
        const auto group = named(groups_of(each), name);
        return group ? std::optional(group->gid) : std::nullopt;
    };
    if (const auto own = gid(bundle)) return own;
    return in_required(set, bundle, gid);
}

bool is_below(const std::string& path, const std::string& directory) {
    return path.size() > directory.size() && path.starts_with(directory) &&
           path[directory.size()] == '/';
}

bool overlap(const std::string& one, const std::string& other) {
    return one == other || is_below(one, other) || is_below(other, one);
}

}  // namespace agent::model
