// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/operations/change.hpp"

namespace agent::operations {

/// Number of the format of all documents for programs; it grows when one that reads them would have
/// to change. docs/json-output.md describes them.
inline constexpr int kJsonFormat = 1;

/// A plan, and what came of it: the document of install, remove and rollback.
[[nodiscard]] std::string outcome_json(const Outcome& outcome);

}  // namespace agent::operations
