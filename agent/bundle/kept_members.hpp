// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/bundle/manifest.hpp"
#include "agent/bundle/reader.hpp"

namespace agent::bundle {

// A bundle file's members, as BundleReader::extract() left them in a directory, checked again.

/// A member that is not what the manifest lists.
struct DamagedMember {
    std::string path;
    std::string text;
    bool operator==(const DamagedMember&) const = default;
};

/// ErrorCode::invalid where the directory's manifest is not the one with that digest.
[[nodiscard]] model::Result<std::string> read_kept_manifest(const std::filesystem::path& directory,
                                                            const model::Sha256& digest);
/// The description, if it is the one that the manifest lists; else ErrorCode::invalid.
[[nodiscard]] model::Result<std::string> read_kept_description(
    const std::filesystem::path& directory, const Manifest& manifest);
/// One member of at most `limit` bytes, if it is what the manifest lists; else ErrorCode::invalid.
[[nodiscard]] model::Result<std::string> read_kept_member(const std::filesystem::path& directory,
                                                          const Manifest& manifest,
                                                          const std::string& path,
                                                          std::uint64_t limit);
/// All that are missing, or not what the manifest lists. Reads every byte, with constant memory.
[[nodiscard]] model::Result<std::vector<DamagedMember>> damaged_members(
    const std::filesystem::path& directory, const Manifest& manifest, const ReadProgress& progress);

}  // namespace agent::bundle
