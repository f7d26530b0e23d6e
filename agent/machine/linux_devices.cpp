// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/linux_devices.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace agent::machine {

namespace {

using model::DeviceNode;
using model::DeviceNumbers;
using model::ErrorCode;
using model::Result;

/// A path of a description has no control characters; a label that somebody else gave may have.
bool is_one_line(const DeviceNumbers& numbers) {
    for (const auto& [path, number] : numbers)
        if (path.find('\n') != std::string::npos) return false;
    return true;
}

}  // namespace

Result<DeviceNode> LinuxDevices::resolve(const std::string& path) {
    std::error_code error;
    const auto resolved = std::filesystem::canonical(path, error);
    if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory)
        return model::fail(ErrorCode::not_found, path + " is missing");
    if (error) return model::fail(model::errno_error(error.value(), path));
    struct stat status {};
    if (stat(resolved.c_str(), &status) != 0)
        return model::fail(errno == ENOENT
                               ? model::Error(ErrorCode::not_found, path + " is missing")
                               : model::errno_error(errno, path));
    if (S_ISDIR(status.st_mode))
        return model::fail(ErrorCode::conflict,
                           path + " is a directory; name the devices that are in it");
    if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode))
        return model::fail(ErrorCode::conflict, path + " is no device");
    return DeviceNode{.path = resolved.string(),
                      .number = {.major = major(status.st_rdev), .minor = minor(status.st_rdev)}};
}

void LinuxDevices::remember(const std::string& podman_name, const DeviceNumbers& numbers) {
    forget(podman_name);
    if (!is_one_line(numbers)) return;
    std::error_code error;
    std::filesystem::create_directories(notes_, error);
    // Renamed into place, so that nobody reads half of it.
    const auto unfinished = notes_ / (".new-" + podman_name + "-" + std::to_string(getpid()));
    {
        std::ofstream stream(unfinished, std::ios::trunc);
        for (const auto& [path, number] : numbers)
            stream << to_string(number) << ' ' << path << '\n';
        stream.close();
        if (stream) std::filesystem::rename(unfinished, notes_ / podman_name, error);
    }
    std::filesystem::remove(unfinished, error);
}

void LinuxDevices::forget(const std::string& podman_name) {
    std::error_code ignored;
    std::filesystem::remove(notes_ / podman_name, ignored);
}

std::optional<DeviceNumbers> LinuxDevices::remembered(const std::string& podman_name) {
    std::ifstream stream(notes_ / podman_name);
    if (!stream) return std::nullopt;
    DeviceNumbers numbers;
    for (std::string line; std::getline(stream, line);) {
        const auto blank = line.find(' ');
        const auto number = model::parse_device_number(line.substr(0, blank));
        if (blank == std::string::npos || !number) return std::nullopt;
        numbers.emplace(line.substr(blank + 1), *number);
    }
    return numbers;
}

}  // namespace agent::machine
