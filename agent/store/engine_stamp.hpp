// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/model/result.hpp"

namespace agent::store {

/// The stamp in the container engine's graph root: written at a clean shutdown, taken away at
/// startup. Missing, or of another generation, means that the engine's store may have been lost,
/// swapped with the root file system, or torn by a power cut.
[[nodiscard]] model::Result<> write_stamp(const std::filesystem::path& graph_root,
                                          unsigned generation);
[[nodiscard]] bool stamp_matches(const std::filesystem::path& graph_root, unsigned generation);
[[nodiscard]] model::Result<> remove_stamp(const std::filesystem::path& graph_root);

}  // namespace agent::store
