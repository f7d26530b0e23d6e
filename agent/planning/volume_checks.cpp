// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>

#include "agent/planning/checks.hpp"
#include "agent/planning/problem_place.hpp"

namespace agent::planning {

namespace {

using model::Description;
using model::ErrorCode;
using model::InstalledSet;
using model::Problems;
using model::VolumeRoots;

/// Keys and indices from the root of a description.
using Path = std::vector<std::string>;

Path element(const std::string& list, std::size_t index) {
    return {list, std::to_string(index)};
}

Path operator/(Path path, const Path& inner) {
    path.insert(path.end(), inner.begin(), inner.end());
    return path;
}

std::string label_of(const std::string& volume) {
    return "the volume '" + volume + "'";
}

class VolumeChecks {
  public:
    VolumeChecks(const InstalledSet& result, const Brought& brought, const VolumeRoots& roots,
                 Problems& problems)
        : result_(result), roots_(roots), problems_(problems) {
        for (const auto* candidate : brought)
            texts_[candidate->description.id] = &candidate->texts;
    }

    /// What a bundle names has to be there. Who misses a bundle is told that, and not what of it.
    void check_names(const Description& bundle) {
        const auto& required = bundle.requires_bundles;
        if (std::any_of(required.begin(), required.end(),
                        [this](const auto& each) { return result_.find(each.id) == nullptr; }))
            return;
        check_mounts(bundle, "containers", bundle.containers);
        check_mounts(bundle, "init-containers", bundle.init_containers);
        for (std::size_t i = 0; i < bundle.file_providers.size(); ++i)
            check_copies(bundle, element("file-providers", i), bundle.file_providers[i].copy);
        for (std::size_t i = 0; i < bundle.volumes.size(); ++i) {
            const auto& volume = bundle.volumes[i];
            const auto key = element("volumes", i);
            check_groups(bundle, key / Path{"read-only-groups"}, volume.read_only_groups);
            check_groups(bundle, key / Path{"read-write-groups"}, volume.read_write_groups);
        }
    }

    /// Where its volumes lie has to be allowed, and free.
    void check_places(const Description& bundle) {
        const auto volumes = volumes_of(bundle, roots_);
        for (std::size_t i = 0; i < volumes.size(); ++i) {
            const auto key = i < bundle.volumes.size() ? element("volumes", i) / Path{"host-path"}
                                                       : Path{"bundle-group"};
            check_root(bundle, key, volumes[i].host_path);
            check_own_places(bundle, key, volumes, i);
            check_other_places(bundle, key, volumes[i].host_path);
        }
    }

    /// Its gids have to be free.
    void check_gids(const Description& bundle) {
        for (std::size_t i = 0; i < bundle.groups.size(); ++i)
            check_gid(bundle, element("groups", i) / Path{"gid"}, bundle.groups[i].gid);
        if (bundle.bundle_group)
            check_gid(bundle, {"bundle-group", "gid"}, bundle.bundle_group->gid);
    }

  private:
    void check_mounts(const Description& bundle, const std::string& list,
                      const std::vector<model::Container>& containers) {
        for (std::size_t i = 0; i < containers.size(); ++i) {
            const auto& mounts = containers[i].mounts;
            for (std::size_t j = 0; j < mounts.size(); ++j) {
                const auto& name = mounts[j].volume;
                if (find_volume(result_, bundle, name, roots_)) continue;
                refuse_mount(bundle, element(list, i) / element("mounts", j) / Path{"volume"},
                             name);
            }
        }
    }

    void check_copies(const Description& bundle, const Path& provider,
                      const std::vector<model::FileCopy>& copies) {
        for (std::size_t i = 0; i < copies.size(); ++i) {
            const auto key = provider / element("copy", i) / Path{"volume"};
            const auto& name = copies[i].volume;
            const auto volume = find_volume(result_, bundle, name, roots_);
            if (!volume)
                refuse_mount(bundle, key, name);
            else if (!volume->file_provider_access)
                refuse(bundle, key, label_of(name) + " is none that file providers may write to",
                       "set file-provider-access where the volume is defined");
        }
    }

    void refuse_mount(const Description& bundle, const Path& key, const std::string& volume) {
        const auto owner = owner_that_shares_not(bundle, volume);
        if (owner.empty())
            refuse(bundle, key,
                   "there is no volume '" + volume + "' in this bundle or in one that it requires",
                   "require the bundle that shares it");
        else
            refuse(bundle, key, label_of(volume) + " of " + owner + " is not shared",
                   "mount a volume that " + owner + " shares");
    }

    std::string owner_that_shares_not(const Description& bundle, const std::string& name) const {
        for (const auto& requirement : bundle.requires_bundles) {
            const auto& other = result_.find(requirement.id)->description;
            for (const auto& volume : volumes_of(other, roots_))
                if (volume.name == name) return label(other);
        }
        return {};
    }

    void check_groups(const Description& bundle, const Path& key,
                      const std::vector<std::string>& groups) {
        for (std::size_t i = 0; i < groups.size(); ++i)
            if (!find_gid(result_, bundle, groups[i]))
                refuse(bundle, key / Path{std::to_string(i)},
                       "there is no group '" + groups[i] +
                           "' in this bundle or in one that it requires",
                       "define it in `groups`");
    }

    void check_root(const Description& bundle, const Path& key, const std::string& path) {
        for (const auto& root : roots_) {
            const auto taken = root + "/" + std::string(model::kSnapshotsDirectory);
            if (path == taken || model::is_below(path, taken))
                refuse(bundle, key, taken + " is for the snapshots of volumes",
                       "choose another place");
        }
        if (std::any_of(roots_.begin(), roots_.end(),
                        [&path](const auto& root) { return model::is_below(path, root); }))
            return;
        refuse(bundle, key, path + " is not below " + joined(roots_) + ", where volumes may lie",
               "choose a place there, or let this one in by 'volume-roots' of agent.toml");
    }

    /// One in another is a bundle's own matter; one directory cannot have the rights of two.
    void check_own_places(const Description& bundle, const Path& key,
                          const std::vector<model::Volume>& volumes, std::size_t index) {
        for (std::size_t i = 0; i < index; ++i)
            if (volumes[i].host_path == volumes[index].host_path)
                refuse(bundle, key,
                       volumes[index].host_path + " is the place of the volume '" +
                           volumes[i].name + "', too",
                       "choose another place");
    }

    void check_other_places(const Description& bundle, const Path& key, const std::string& path) {
        for (const auto& [id, other] : result_.bundles) {
            if (id == bundle.id) continue;
            for (const auto& volume : volumes_of(other.description, roots_))
                if (model::overlap(path, volume.host_path))
                    refuse(bundle, key,
                           path + " meets " + volume.host_path + ", the volume '" + volume.name +
                               "' of " + label(other.description),
                           "choose another place");
        }
    }

    void check_gid(const Description& bundle, const Path& key, std::uint32_t gid) {
        for (const auto& [id, other] : result_.bundles) {
            if (id == bundle.id) continue;
            for (const auto& group : groups_of(other.description))
                if (group.gid == gid)
                    refuse(bundle, key,
                           std::to_string(gid) + " is the gid of the group '" + group.name +
                               "' of " + label(other.description),
                           "choose another gid");
        }
    }

    /// With the line where its text is at hand, as that of all that comes is.
    void refuse(const Description& bundle, const Path& key, std::string message, std::string hint) {
        static const BundleTexts kNone;
        const auto texts = texts_.find(bundle.id);
        auto problem = problem_at(bundle, texts == texts_.end() ? kNone : *texts->second, key);
        problem.message = std::move(message);
        problem.hint = std::move(hint);
        problems_.push_back(std::move(problem));
    }

    const InstalledSet& result_;
    std::map<model::BundleId, const BundleTexts*> texts_;
    const VolumeRoots& roots_;
    Problems& problems_;
};

}  // namespace

void check_volumes(const InstalledSet& result, const Brought& brought, const VolumeRoots& roots,
                   Problems& problems) {
    if (brought.empty()) return;
    VolumeChecks checks(result, brought, roots, problems);
    for (const auto& [id, bundle] : result.bundles)
        checks.check_names(bundle.description);
    for (const auto* candidate : brought) {
        checks.check_places(candidate->description);
        checks.check_gids(candidate->description);
    }
}

}  // namespace agent::planning
