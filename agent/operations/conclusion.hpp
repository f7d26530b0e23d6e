// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "agent/operations/transaction.hpp"

namespace agent::operations {

/// What follows a transaction, whatever came of it: version floors and failed sets, its line in the
/// history, what no kept generation needs any more, and last of all the end of its journal, which
/// stays only where undoing failed. All of it can be done again. What fails of it is a warning.
/// `containers` are all of ours in the engine where the caller knows them; else it is asked.
void conclude(const Context& context, const Transaction& transaction, const model::Result<>& result,
              std::chrono::milliseconds duration,
              const std::optional<std::set<std::string>>& containers);

}  // namespace agent::operations
