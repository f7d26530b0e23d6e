// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/transaction.hpp"

namespace agent::operations {

// Entries in the machine's log. With --root there are none: it is another machine's.

/// Begun, resumed, or failed and on the way back, for the reason given.
void announce(const Context& context, const TransactionInfo& info, host::Happening what,
              const std::string& reason = {});
/// What came of it, as `result` says.
void announce_end(const Context& context, const Transaction& transaction,
                  const model::Result<>& result);

}  // namespace agent::operations
