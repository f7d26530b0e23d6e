// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/subvolume.hpp"

#include <linux/btrfs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>

namespace agent::volumes {

bool is_subvolume(const store::Descriptor& directory) {
    // BTRFS_FIRST_FREE_OBJECTID: the root of every subvolume has this number.
    constexpr ino_t kRootInode = 256;
    struct statfs file_system {};
    struct stat status {};
    return ::fstatfs(directory.get(), &file_system) == 0 &&
           file_system.f_type == BTRFS_SUPER_MAGIC && ::fstat(directory.get(), &status) == 0 &&
           status.st_ino == kRootInode;
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
