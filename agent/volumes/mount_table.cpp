// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/mount_table.hpp"

#include <fstream>
#include <sstream>

namespace agent::volumes {

std::string mount_of(const store::Descriptor& directory) {
    std::ifstream info("/proc/self/fdinfo/" + std::to_string(directory.get()));
    std::string key;
    std::string value;
    while (info >> key >> value)
        if (key == "mnt_id:") return value;
    return {};
}

std::string file_system_of(const store::Descriptor& directory) {
    const auto wanted = mount_of(directory);
    std::ifstream table("/proc/self/mountinfo");
    for (std::string line; std::getline(table, line);) {
        std::istringstream fields(line);
        std::string id;
        std::string parent;
        std::string device;
        std::string root;
        std::string mounted_on;
        fields >> id >> parent >> device >> root >> mounted_on;
        const auto separator = line.find(" - ");
        if (id != wanted || separator == std::string::npos) continue;
        const auto type = line.substr(separator + 3, line.find(' ', separator + 3) - separator - 3);
        return std::string("the file system ").append(mounted_on).append(" (").append(type) + ")";
    }
    return "a file system";
}

}  // namespace agent::volumes
