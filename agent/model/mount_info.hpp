// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent::model {

/// A line of proc_pid_mountinfo(5), as far as anybody here asks for it.
struct MountEntry {
    std::filesystem::path where = {};
    /// MAJOR:MINOR of what is mounted.
    std::string device = {};
    /// The mount's number, as in proc_pid_fdinfo(5).
    std::string id = {};
    /// Of the file system; empty where the line ends before it.
    std::string type = {};
    bool operator==(const MountEntry&) const = default;
};

/// Nothing for a line that is none. Only blanks part its fields: other control characters are a
/// part of a path, and whoever may mount chooses that.
[[nodiscard]] std::optional<MountEntry> parse_mount(std::string_view line);

/// Mounts in the text of a proc_pid_mountinfo(5), in its order: of several at one place the last
/// one is seen. Lines that are none are left out.
[[nodiscard]] std::vector<MountEntry> parse_mount_info(std::string_view text);

}  // namespace agent::model
