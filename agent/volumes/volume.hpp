// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::volumes {

/// Who may do what in a volume beside root, by gid. New files in it are the groups' likewise.
struct Rights {
    std::vector<std::uint32_t> read_only;
    std::vector<std::uint32_t> read_write;
    bool operator==(const Rights&) const = default;
};

/// What there is before a volume is made ready, and all that it takes to go back there.
struct Former {
    /// Directories of its path that are missing, counted from its end.
    unsigned missing = 0;
    /// ACLs of the directory as text of acl(5), with numbers; empty where there is none.
    std::string access = {};
    std::string defaults = {};
    bool operator==(const Former&) const = default;
};

// Paths are absolute, and are looked up below `root`. None of their directories may be a link,
// because whoever can write there could lead the agent anywhere: ErrorCode::conflict.

/// ErrorCode::conflict also where a file is in the way, or the file system has no ACLs.
[[nodiscard]] model::Result<Former> look(const std::filesystem::path& root,
                                         const std::string& path);
/// Makes what is missing of the directory, which is root's alone until it has its rights, and sets
/// them. What is in it already stays as it is.
[[nodiscard]] model::Result<> prepare(const std::filesystem::path& root, const std::string& path,
                                      const Rights& rights);
/// Undoes prepare(): removes what it made as far as that is empty, and gives a directory that was
/// there its ACLs again.
[[nodiscard]] model::Result<> put_back(const std::filesystem::path& root, const std::string& path,
                                       const Former& former);
/// Removes the directory with all that is in it; one that is not there is no failure.
[[nodiscard]] model::Result<> remove(const std::filesystem::path& root, const std::string& path);

}  // namespace agent::volumes
