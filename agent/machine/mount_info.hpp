// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace agent::machine {

struct MountEntry {
    std::filesystem::path where;
    /// MAJOR:MINOR of what is mounted.
    std::string device;
    bool operator==(const MountEntry&) const = default;
};

/// Mounts in the text of a proc_pid_mountinfo(5), in its order: of several at one place the last
/// one is seen. Lines that are none are left out.
[[nodiscard]] std::vector<MountEntry> parse_mount_info(std::string_view text);

}  // namespace agent::machine
