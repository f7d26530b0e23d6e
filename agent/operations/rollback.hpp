// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "agent/operations/context.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

/// What leads from the installed set back to that of a kept generation.
struct WayBack {
    unsigned generation = 0;
    /// Bundles of it that are not installed as they were.
    std::vector<planning::Candidate> candidates;
    /// Bundles that it does not have.
    std::vector<model::BundleId> remove;
};

/// To the wanted generation, or else to the newest one before the current that has another set.
/// ErrorCode::not_found where it is not kept any more; the text says which ones are.
[[nodiscard]] model::Result<WayBack> way_back(const Context& context,
                                              const model::InstalledSet& before,
                                              std::optional<unsigned> wanted);

}  // namespace agent::operations
