// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/store/generations.hpp"

namespace agent::store {

/// Writes a generation below `directory`, which must not be there: every file of it, not yet
/// synced. What is there after a failure is the caller's to remove.
[[nodiscard]] model::Result<> write_generation_files(const Paths& paths,
                                                     const Generation& generation,
                                                     const std::filesystem::path& directory);

}  // namespace agent::store
