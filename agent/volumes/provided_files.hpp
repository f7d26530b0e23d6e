// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::volumes {

/// What is copied from an image into a volume: a file to the name `to`, or what is in a directory
/// into the directory `to`.
struct ProvidedFiles {
    /// Path in the image. Its links are followed in the image, and lead nowhere else.
    std::string from;
    /// Host path of the volume.
    std::string volume;
    /// Path in the volume.
    std::string to;
};

/// Something that was copied; directories that were there before are none.
struct CopiedEntry {
    std::string volume;
    /// Below the volume, without a leading slash.
    std::string path;
    bool directory = false;
    /// Hexadecimal SHA-256 of a file's content.
    std::string digest = {};
    bool operator==(const CopiedEntry&) const = default;
};

/// What is not in the way, and what is, beside what lies there.
struct Targets {
    /// Copied earlier, and to be removed before anything is copied.
    std::vector<CopiedEntry> going = {};
    /// Files that are to be copied from other images; check_copies() adds its own.
    std::set<std::string> taken = {};
};

/// Looks whether all can be copied: ErrorCode::invalid where a source is missing or neither file
/// nor directory, ErrorCode::conflict where something is in the way.
[[nodiscard]] model::Result<> check_copies(const std::filesystem::path& image,
                                           const std::filesystem::path& root,
                                           const std::vector<ProvidedFiles>& wanted,
                                           Targets& targets);
/// Looks the same way first, and then copies, with the rights that the volume gives to what is new
/// in it, and the times of the source. What comes first in the result has to go last.
[[nodiscard]] model::Result<std::vector<CopiedEntry>> copy_provided(
    const std::filesystem::path& image, const std::filesystem::path& root,
    const std::vector<ProvidedFiles>& wanted);
/// Removes what was copied and is as it was, and directories that are empty then. Returns what
/// stays, because it was changed; what is gone already is no failure.
[[nodiscard]] model::Result<std::vector<std::string>> remove_provided(
    const std::filesystem::path& root, const std::vector<CopiedEntry>& copied);

}  // namespace agent::volumes
