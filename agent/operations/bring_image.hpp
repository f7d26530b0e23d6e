// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/effects.hpp"

namespace agent::operations {

/// From the bundle's kept directory. ErrorCode::invalid where that has no such image, or the store
/// gives it another id.
[[nodiscard]] model::Result<> bring_image(const BringImage& effect, World& world);
[[nodiscard]] model::Result<> undo_bring_image(const BringImage& effect, World& world);
[[nodiscard]] model::Result<> undo_name_image(const NameImage& effect, World& world);

}  // namespace agent::operations
