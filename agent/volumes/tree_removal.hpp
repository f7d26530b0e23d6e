// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "agent/model/result.hpp"
#include "agent/store/descriptor.hpp"

namespace agent::volumes {

/// Removes the name from the directory, with all that is below it; one that is not there is no
/// failure. ErrorCode::conflict, before anything is removed, where something is mounted there or
/// below: what is mounted in a volume is no part of it.
[[nodiscard]] model::Result<> remove_name(const store::Descriptor& directory,
                                          const std::string& name,
                                          const std::filesystem::path& shown);

/// Removes what is in the directory, but for what is mounted below it and the directories that lead
/// there.
[[nodiscard]] model::Result<> remove_content(const store::Descriptor& directory,
                                             const std::filesystem::path& shown);

}  // namespace agent::volumes
