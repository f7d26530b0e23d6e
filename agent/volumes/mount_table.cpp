// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/mount_table.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace agent::volumes {

namespace {

/// proc_pid_mountinfo(5) has these as octal numbers.
std::string as_in_table(const std::string& path) {
    std::string text;
    for (const char c : path) {
        if (c == ' ')
            text += "\\040";
        else if (c == '\t')
            text += "\\011";
        else if (c == '\n')
            text += "\\012";
        else if (c == '\\')
            text += "\\134";
        else
            text += c;
    }
    return text;
}

std::string mount_point(const std::string& line) {
    std::istringstream fields(line);
    std::string field;
    constexpr int kMountPoint = 5;
    for (int i = 0; i < kMountPoint; ++i)
        fields >> field;
    return field;
}

}  // namespace

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
    const auto below = as_in_table(path.string()) + "/";
    for (std::string line; std::getline(table, line);)
        if (mount_point(line).starts_with(below)) return true;
    return false;
}

std::string file_system_of(const store::Descriptor& directory) {
    const auto wanted = mount_of(directory);
    std::ifstream table("/proc/self/mountinfo");
    for (std::string line; std::getline(table, line);) {
        const auto separator = line.find(" - ");
        if (line.substr(0, line.find(' ')) != wanted || separator == std::string::npos) continue;
        const auto type = line.substr(separator + 3, line.find(' ', separator + 3) - separator - 3);
        return std::string("the file system ").append(mount_point(line)).append(" (").append(type) +
               ")";
    }
    return "a file system";
}

}  // namespace agent::volumes
