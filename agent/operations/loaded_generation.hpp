// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "agent/operations/context.hpp"

namespace agent::operations {

/// The generation that the generator linked at its last run; absent where it could not.
[[nodiscard]] std::optional<unsigned> loaded_generation(const Context& context);

}  // namespace agent::operations
