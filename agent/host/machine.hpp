// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "agent/model/result.hpp"

namespace agent::host {

/// What the agent asks of the kernel and the operating system.
class Machine {
  public:
    virtual ~Machine() = default;
    [[nodiscard]] virtual std::chrono::system_clock::time_point now() = 0;
    /// Monotonic; for timeouts and durations.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point monotonic() = 0;
    virtual void sleep_for(std::chrono::milliseconds time) = 0;
    /// Another one at each boot; empty where the kernel tells none.
    [[nodiscard]] virtual std::string boot_id() = 0;
    /// 32 hexadecimal digits that no one has got before.
    [[nodiscard]] virtual std::string new_id() = 0;
    /// VERSION_ID of os-release(5); ErrorCode::not_found where there is none.
    [[nodiscard]] virtual model::Result<std::string> os_version_id() = 0;
    /// Debian's name of the architecture, such as amd64.
    [[nodiscard]] virtual std::string architecture() = 0;
    /// Bytes that root can still write on the file system of `path` (or of its nearest parent).
    [[nodiscard]] virtual model::Result<std::uint64_t> free_space(
        const std::filesystem::path& path) = 0;
    /// Whether hardly anything can be written on the file system of `path`: less than 1 MiB, or
    /// fewer than 128 files.
    [[nodiscard]] virtual model::Result<bool> is_full(const std::filesystem::path& path) = 0;
    /// Identity of the file system of `path`, equal for equal ones.
    [[nodiscard]] virtual model::Result<std::uint64_t> file_system(
        const std::filesystem::path& path) = 0;
    /// syncfs(2) of the file system of `path`.
    [[nodiscard]] virtual model::Result<> sync_file_system(const std::filesystem::path& path) = 0;
};

}  // namespace agent::host
