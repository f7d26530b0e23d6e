// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/operations/change.hpp"

namespace agent::operations {

/// A plan, and what came of it: the document of install, remove and rollback.
[[nodiscard]] std::string outcome_json(const Outcome& outcome);

}  // namespace agent::operations
