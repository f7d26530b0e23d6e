// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/verify_set.hpp"

namespace agent::operations {

/// The kept bundles of all these sets: every member's size and content. ErrorCode::busy where the
/// caller cancels.
[[nodiscard]] model::Result<Defects> look_at_kept_bundles(
    const Context& context, const std::vector<model::InstalledSet>& sets);

/// Writes the texts of kept bundles again from the generations' copies, where these are good and
/// those are not.
[[nodiscard]] model::Result<> restore_kept_texts(const Context& context,
                                                 const std::vector<model::InstalledSet>& sets);

}  // namespace agent::operations
