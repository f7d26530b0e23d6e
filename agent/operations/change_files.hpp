// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/effects.hpp"

namespace agent::operations {

/// Looks whether all can be copied once what goes is gone.
[[nodiscard]] model::Result<> check_files(const CheckFiles& effect, World& world);
[[nodiscard]] model::Result<> undo_check_files(const CheckFiles& effect, World& world);
/// What was changed since it was copied stays, and is warned of.
[[nodiscard]] model::Result<> change_files(const ChangeFiles& effect, World& world);
[[nodiscard]] model::Result<> undo_change_files(const ChangeFiles& effect, World& world);

}  // namespace agent::operations
