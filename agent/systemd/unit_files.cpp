// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/unit_files.hpp"

#include <algorithm>
#include <filesystem>

namespace agent::systemd {

namespace {

namespace fs = std::filesystem;

bool is_volatile(const fs::path& path) {
    const auto& components = path.relative_path();
    return std::find(components.begin(), components.end(), "run") != components.end();
}

fs::file_type type_of(const fs::path& file) {
    std::error_code error;
    return fs::symlink_status(file, error).type();
}

bool is_unit_of_host(const fs::path& file) {
    const auto type = type_of(file);
    if (type == fs::file_type::none || type == fs::file_type::not_found) return false;
    if (type != fs::file_type::symlink) return true;
    if (is_generated(file.string())) return false;
    std::error_code error;
    return !(is_volatile(file) && fs::read_symlink(file, error) == "/dev/null");
}

}  // namespace

bool is_generated(const std::string& path) {
    return fs::path(path).parent_path().filename().string().starts_with("generator");
}

bool is_linked_by_generator(const std::string& unit, const std::vector<std::string>& unit_path) {
    return std::any_of(unit_path.begin(), unit_path.end(), [&unit](const std::string& directory) {
        const auto file = fs::path(directory) / unit;
        return is_generated(file.string()) && type_of(file) == fs::file_type::symlink;
    });
}

std::optional<std::string> host_unit_file(const std::string& unit,
                                          const std::vector<std::string>& unit_path) {
    for (const auto& directory : unit_path) {
        const auto file = fs::path(directory) / unit;
        if (is_unit_of_host(file)) return file.string();
    }
    return std::nullopt;
}

}  // namespace agent::systemd
