// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "agent/operations/transaction_state.hpp"

namespace agent::operations {

/// What became of one.
struct Settled {
    TransactionInfo info;
    enum class How {
        undone,
        finished,
        /// The new set is to be started, and to be judged once it runs.
        to_be_confirmed,
    };
    How how = How::undone;
    /// Why it was undone.
    std::optional<model::Error> failure;
};
/// undone, finished or to-be-confirmed.
[[nodiscard]] std::string_view to_string(Settled::How how);
/// "the interrupted install of base 1.1.0 was undone: …", or "the set of base 1.1.0 was confirmed".
[[nodiscard]] std::string to_string(const Settled& settled);

/// Settles the transaction that was interrupted, if there is one, while its bundles may run. The
/// caller holds the lock. An error means that it could not be settled, and is tried again by
/// whoever comes next.
[[nodiscard]] model::Result<std::optional<Settled>> settle(const Context& context);

/// Removes whatever killed processes left unfinished or half removed. The caller holds the lock.
[[nodiscard]] model::Result<> remove_leftovers(const Context& context);

/// What update-agent-recover.service does, and an admin can: settles it under the lock. While the
/// machine boots, before anything of the set is started, a set that was switched to is left to be
/// confirmed.
[[nodiscard]] model::Result<std::optional<Settled>> recover(const Context& context);

}  // namespace agent::operations
