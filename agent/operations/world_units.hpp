// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/effects.hpp"

namespace agent::operations {

/// Those of the units that were up when the operation began.
[[nodiscard]] std::vector<std::string> active_ones(const std::vector<std::string>& units,
                                                   const World& world);
/// Starts them and waits; who is not up then is for a watch to tell.
[[nodiscard]] model::Result<> start_targets(const std::vector<std::string>& targets,
                                            std::chrono::milliseconds bound, World& world);

}  // namespace agent::operations
