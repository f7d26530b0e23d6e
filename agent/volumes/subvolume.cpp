// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/subvolume.hpp"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "agent/store/atomic_file.hpp"
#include "agent/volumes/descent.hpp"

namespace agent::volumes {

namespace {

bool is_subvolume(const store::Descriptor& directory) {
    // BTRFS_FIRST_FREE_OBJECTID: the root of every subvolume has this number.
    constexpr ino_t kRootInode = 256;
    struct statfs file_system {};
    struct stat status {};
    return ::fstatfs(directory.get(), &file_system) == 0 &&
           file_system.f_type == BTRFS_SUPER_MAGIC && ::fstat(directory.get(), &status) == 0 &&
           status.st_ino == kRootInode;
}

/// So it is where that cannot be seen.
bool has_subvolume_below(const store::Descriptor& directory) {
    const auto path = std::filesystem::path("/proc/self/fd") / std::to_string(directory.get());
    const auto names = store::names_in(path);
    if (!names) return true;
    return std::any_of(names->begin(), names->end(), [&](const auto& name) {
        struct stat status {};
        if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
            return errno != ENOENT;
        if (!S_ISDIR(status.st_mode)) return false;
        const auto inner = enter(directory, name, path / name);
        return !inner || is_subvolume(*inner) || has_subvolume_below(*inner);
    });
}

}  // namespace

bool is_whole_subvolume(const store::Descriptor& directory) {
    return is_subvolume(directory) && !has_subvolume_below(directory);
}

bool snapshot_subvolume(const store::Descriptor& subvolume, const store::Descriptor& to,
                        const std::string& name) {
    btrfs_ioctl_vol_args_v2 arguments{};
    if (name.size() >= sizeof arguments.name) return false;
    arguments.fd = subvolume.get();
    std::copy(name.begin(), name.end(), std::begin(arguments.name));
    return ::ioctl(to.get(), BTRFS_IOC_SNAP_CREATE_V2, &arguments) == 0;
}

}  // namespace agent::volumes
