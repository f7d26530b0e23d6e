// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "agent/operations/context.hpp"

namespace agent::operations {

/// Why it is no fault of a set that what it has did not come up, or did not end well, where it is
/// none: what finds no room for its files, or an engine that hangs, says nothing of it. `silent`
/// says that the engine did not answer already.
[[nodiscard]] std::optional<std::pair<model::ErrorCode, std::string>> other_fault(
    const Context& context, bool silent = false);

}  // namespace agent::operations
