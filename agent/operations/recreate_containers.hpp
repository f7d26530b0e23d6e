// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/effects.hpp"

namespace agent::operations {

/// The effect of that name. One that cannot be created, because a device is missing by now, is
/// left as it is.
[[nodiscard]] model::Result<> recreate_containers(const RecreateContainers& effect, World& world);

/// What cannot be created even then is a warning: whoever recreates next tries it again, and
/// nobody else has to wait for that.
[[nodiscard]] model::Result<> undo_recreate_containers(const RecreateContainers& effect,
                                                       World& world);

}  // namespace agent::operations
