// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/tree_removal.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <system_error>

#include "agent/store/atomic_file.hpp"
#include "agent/volumes/descent.hpp"
#include "agent/volumes/mount_table.hpp"

namespace agent::volumes {

namespace {

using model::Result;
using store::Descriptor;
namespace fs = std::filesystem;

fs::path opened(const Descriptor& directory) {
    return fs::path("/proc/self/fd") / std::to_string(directory.get());
}

bool names_directory(const Descriptor& directory, const std::string& name) {
    struct stat status {};
    return ::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(status.st_mode);
}

bool is_mount_point(const Descriptor& directory, const Descriptor& inner) {
    return mount_of(inner) != mount_of(directory);
}

}  // namespace

Result<> remove_name(const Descriptor& directory, const std::string& name, const fs::path& shown) {
    if (names_directory(directory, name)) {
        TRY_ASSIGN(const auto inner, enter(directory, name, shown));
        if (is_mount_point(directory, inner) || has_mounts_below(inner))
            return model::fail(model::ErrorCode::conflict,
                               "something is mounted in " + shown.string() +
                                   ", which is not removed with it; unmount it first");
    }
    return store::remove_tree(opened(directory) / name);
}

Result<> remove_content(const Descriptor& directory, const fs::path& shown) {
    TRY_ASSIGN(const auto names, store::names_in(opened(directory)));
    for (const auto& name : names) {
        if (!names_directory(directory, name)) {
            TRY(store::remove_tree(opened(directory) / name));
            continue;
        }
        TRY_ASSIGN(const auto inner, enter(directory, name, shown / name));
        if (is_mount_point(directory, inner)) continue;
        if (has_mounts_below(inner)) {
            TRY(remove_content(inner, shown / name));
        } else {
            TRY(store::remove_tree(opened(directory) / name));
        }
    }
    return {};
}

}  // namespace agent::volumes
