// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/model/result.hpp"
#include "agent/store/descriptor.hpp"

namespace agent::volumes {

/// How far a path leads.
struct Descent {
    /// The last of its directories that is there.
    store::Descriptor directory;
    std::filesystem::path reached;
    /// Names of those below it that are not.
    std::vector<std::string> missing;
};

/// Opens the directories of `path` below `root` one by one. ErrorCode::conflict at a link, and at
/// what is no directory.
[[nodiscard]] model::Result<Descent> descend(const std::filesystem::path& root,
                                             const std::string& path);
/// One step down: the directory of that name, which must not be a link.
[[nodiscard]] model::Result<store::Descriptor> enter(const store::Descriptor& directory,
                                                     const std::string& name,
                                                     const std::filesystem::path& shown);

}  // namespace agent::volumes
