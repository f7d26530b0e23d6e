// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/snapshot.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <limits>
#include <optional>
#include <system_error>

#include "agent/model/units_of_measure.hpp"
#include "agent/store/atomic_file.hpp"
#include "agent/store/system_call.hpp"
#include "agent/volumes/descent.hpp"
#include "agent/volumes/mount_table.hpp"
#include "agent/volumes/subvolume.hpp"
#include "agent/volumes/tree_copy.hpp"
#include "agent/volumes/tree_removal.hpp"

namespace agent::volumes {

using model::ErrorCode;
using model::Result;
using store::Descriptor;
namespace fs = std::filesystem;

namespace {

/// A name in an open directory, which is reached by no link.
struct Place {
    Descriptor directory;
    std::string name;
    fs::path shown;

    /// Names of the same directory for what is unfinished, and for what is half removed.
    [[nodiscard]] std::string unfinished() const {
        return std::string(store::kUnfinishedPrefix) + name;
    }
    [[nodiscard]] std::string gone() const { return std::string(store::kRemovedPrefix) + name; }
    [[nodiscard]] fs::path at(const std::string& other) const {
        return fs::path("/proc/self/fd") / std::to_string(directory.get()) / other;
    }
    [[nodiscard]] bool is_there() const {
        struct stat status {};
        return ::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    }
    [[nodiscard]] Result<> remove(const std::string& other) const {
        return remove_name(directory, other, shown.parent_path() / other);
    }
    [[nodiscard]] Result<> sync() const { return store::sync(directory.get(), shown); }
};

/// Whether the directory that it lies in is there.
Result<std::optional<Place>> find(const fs::path& root, const std::string& path) {
    TRY_ASSIGN(auto parent, descend(root, fs::path(path).parent_path().string()));
    if (!parent.missing.empty()) return std::optional<Place>();
    return std::optional(Place{.directory = std::move(parent.directory),
                               .name = fs::path(path).filename().string(),
                               .shown = root / fs::path(path).relative_path()});
}

/// Makes the directories that it lies in, which are nobody's but root's: what is in a snapshot is
/// not for those who may read the volume today.
Result<Place> make_place(const fs::path& root, const std::string& path) {
    TRY_ASSIGN(auto parent, descend(root, fs::path(path).parent_path().string()));
    for (const auto& name : parent.missing) {
        const auto shown = parent.reached / name;
        if (::mkdirat(parent.directory.get(), name.c_str(), 0700) != 0 && errno != EEXIST)
            return model::fail(store::call_error("make the directory", shown));
        TRY(store::sync(parent.directory.get(), parent.reached));
        TRY_ASSIGN(parent.directory, enter(parent.directory, name, shown));
        parent.reached = shown;
    }
    return Place{.directory = std::move(parent.directory),
                 .name = fs::path(path).filename().string(),
                 .shown = root / fs::path(path).relative_path()};
}

Result<> rename(const Place& from, const std::string& name, const Place& to,
                const std::string& new_name) {
    if (::renameat(from.directory.get(), name.c_str(), to.directory.get(), new_name.c_str()) != 0)
        return model::fail(store::call_error("move", from.shown.parent_path() / name));
    TRY(from.sync());
    return to.sync();
}

/// In a directory of the same file system, where that can be asked of it.
Result<SnapshotCost> copy_to(const Descriptor& from, const fs::path& shown, const Place& to,
                             const std::string& name, std::uint64_t limit) {
    TRY(to.remove(name));
    if (is_whole_subvolume(from) && snapshot_subvolume(from, to.directory, name))
        return SnapshotCost{.method = "btrfs-snapshot", .bytes = 0};
    CopyBudget budget{.limit = limit, .written = 0};
    if (const auto copied = copy_tree(from, shown, to.directory, name, budget); !copied) {
        static_cast<void>(to.remove(name));
        if (budget.written > limit) return model::fail(too_large(shown.string(), limit));
        return model::fail(copied.error());
    }
    TRY(store::sync_tree(to.at(name)));
    const bool shared = budget.written == 0 && shares_blocks(to.directory);
    return SnapshotCost{.method = shared ? "reflink" : "copy", .bytes = budget.written};
}

/// What is made in the directory would get these beside its own.
Result<> drop_default_acl(const Descriptor& directory, const fs::path& shown) {
    if (::fremovexattr(directory.get(), "system.posix_acl_default") == 0) return {};
    if (errno == ENODATA || errno == EOPNOTSUPP) return {};
    return model::fail(store::call_error("set the rights of", shown));
}

/// For a volume that cannot be renamed, or that something is mounted in, which stays. May be done
/// again after it was broken off.
Result<> replace_content(const Place& volume, const Place& snapshot, const std::string& name) {
    TRY_ASSIGN(const auto to, enter(volume.directory, volume.name, volume.shown));
    TRY_ASSIGN(const auto from, enter(snapshot.directory, name, snapshot.shown));
    TRY(remove_content(to, volume.shown));
    TRY(drop_default_acl(to, volume.shown));
    CopyBudget budget{.limit = std::numeric_limits<std::uint64_t>::max(), .written = 0};
    TRY(copy_content(from, snapshot.shown, to, budget));
    if (::syncfs(to.get()) != 0) return model::fail(store::call_error("sync", volume.shown));
    TRY(rename(snapshot, name, snapshot, snapshot.gone()));
    return snapshot.remove(snapshot.gone());
}

/// Whether it is a mount point, or has one.
bool has_mounts(const Place& volume) {
    const auto inside = enter(volume.directory, volume.name, volume.shown);
    return inside && (mount_of(*inside) != mount_of(volume.directory) || has_mounts_below(*inside));
}

/// `name` of the snapshot's directory becomes the volume, and is gone from there.
Result<> swap_in(const Place& volume, const Place& snapshot, const std::string& name) {
    const auto gone = snapshot.gone();
    TRY(snapshot.remove(gone));
    if (volume.is_there()) {
        if (has_mounts(volume)) return replace_content(volume, snapshot, name);
        // overlayfs(5) does not rename what is in a lower layer, and says that like this, too.
        if (::renameat(volume.directory.get(), volume.name.c_str(), snapshot.directory.get(),
                       gone.c_str()) != 0) {
            if (errno == EXDEV) return replace_content(volume, snapshot, name);
            return model::fail(store::call_error("move", volume.shown));
        }
    }
    TRY(rename(snapshot, name, volume, volume.name));
    return snapshot.remove(gone);
}

}  // namespace

model::Error too_large(const std::string& volume, std::uint64_t limit) {
    return {ErrorCode::conflict,
            volume + " has more than " + model::human_size(limit) +
                ", which would be copied before it is written to; raise 'snapshot-limit' of "
                "agent.toml, or put the volume on btrfs or XFS, which need no copy"};
}

Result<SnapshotCost> look_at_cost(const fs::path& root, const std::string& volume,
                                  const std::string& snapshot) {
    TRY_ASSIGN(const auto found, descend(root, volume));
    if (!found.missing.empty()) return SnapshotCost{.method = "none", .bytes = 0};
    TRY_ASSIGN(const auto place, descend(root, fs::path(snapshot).parent_path().string()));
    // No blocks are shared from mount to mount.
    if (mount_of(found.directory) == mount_of(place.directory)) {
        if (is_whole_subvolume(found.directory))
            return SnapshotCost{.method = "btrfs-snapshot", .bytes = 0};
        if (shares_blocks(found.directory)) return SnapshotCost{.method = "reflink", .bytes = 0};
    }
    TRY_ASSIGN(const auto bytes, size_of_tree(found.directory, found.reached));
    return SnapshotCost{.method = "copy", .bytes = bytes};
}

Result<SnapshotCost> take_snapshot(const fs::path& root, const std::string& volume,
                                   const std::string& snapshot, std::uint64_t limit) {
    TRY_ASSIGN(const auto from, descend(root, volume));
    // Somebody removed it by hand: there is nothing to keep.
    if (!from.missing.empty()) return SnapshotCost{.method = "none", .bytes = 0};
    TRY_ASSIGN(const auto to, make_place(root, snapshot));
    if (to.is_there()) return SnapshotCost{.method = "copy", .bytes = 0};
    TRY_ASSIGN(const auto cost, copy_to(from.directory, from.reached, to, to.unfinished(), limit));
    TRY(rename(to, to.unfinished(), to, to.name));
    return cost;
}

Result<> put_back_snapshot(const fs::path& root, const std::string& volume,
                           const std::string& snapshot) {
    TRY_ASSIGN(const auto from, find(root, snapshot));
    if (!from) return {};
    TRY(from->remove(from->unfinished()));
    if (!from->is_there()) return from->remove(from->gone());
    TRY_ASSIGN(const auto to, make_place(root, volume));
    return swap_in(to, *from, from->name);
}

Result<> restore_snapshot(const fs::path& root, const std::string& volume,
                          const std::string& snapshot) {
    TRY_ASSIGN(const auto from, find(root, snapshot));
    if (!from || !from->is_there())
        return model::fail(ErrorCode::not_found, "the snapshot " + snapshot + " is not there");
    TRY_ASSIGN(const auto kept, enter(from->directory, from->name, from->shown));
    TRY_ASSIGN(const auto cost, copy_to(kept, from->shown, *from, from->unfinished(),
                                        std::numeric_limits<std::uint64_t>::max()));
    TRY_ASSIGN(const auto to, make_place(root, volume));
    return swap_in(to, *from, from->unfinished());
}

}  // namespace agent::volumes
