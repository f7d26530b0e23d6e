// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/change.hpp"
#include "agent/operations/transaction.hpp"

namespace agent::operations {

/// Lets the administrator's programs look at what is about to be done, and refuse it.
[[nodiscard]] model::Result<> ask_hooks(const Context& context, const TransactionInfo& info,
                                        const Outcome& planned);
/// Tells them what came of it; the plan is null where it is another process's. What fails of it is
/// a warning.
void tell_hooks(const Context& context, const TransactionInfo& info, const model::Result<>& result,
                const Outcome* planned);

}  // namespace agent::operations
