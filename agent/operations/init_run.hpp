// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/effects.hpp"

namespace agent::operations {

/// ErrorCode::unhealthy, with the last lines that it wrote, where it ends with another status than
/// 0 or does not end in time: that is the bundle's fault. Whatever comes of it, it is removed.
[[nodiscard]] model::Result<> run_init(const RunInit& effect, World& world);

}  // namespace agent::operations
