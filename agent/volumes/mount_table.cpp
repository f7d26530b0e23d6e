// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/mount_table.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "agent/model/mount_info.hpp"
#include "agent/model/text.hpp"

namespace agent::volumes {

std::string mount_of(const store::Descriptor& directory) {
    std::ifstream info("/proc/self/fdinfo/" + std::to_string(directory.get()));
    std::string key;
    std::string value;
    while (info >> key >> value)
        if (key == "mnt_id:") return value;
    return {};
}

bool has_mounts_below(const store::Descriptor& directory) {
    std::error_code error;
    const auto path =
        std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(directory.get()), error);
    std::ifstream table("/proc/self/mountinfo");
    if (error || !table) return true;
    const auto below = path.string() + "/";
    for (std::string line; std::getline(table, line);)
        if (const auto mount = model::parse_mount(line);
            mount && mount->where.native().starts_with(below))
            return true;
    return false;
}

std::string file_system_of(const store::Descriptor& directory) {
    const auto wanted = mount_of(directory);
    std::ifstream table("/proc/self/mountinfo");
    for (std::string line; std::getline(table, line);)
        if (const auto mount = model::parse_mount(line);
            mount && mount->id == wanted && !mount->type.empty())
            return "the file system " + model::escaped(mount->where.native()) + " (" + mount->type +
                   ")";
    return "a file system";
}

}  // namespace agent::volumes
