// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/operations/candidates.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

/// What a changing operation ends with.
struct Outcome {
    planning::Plan plan;
    bool dry_run = false;
    unsigned generation_before = 0;
    unsigned generation_after = 0;
    std::vector<std::string> notes;
};

struct ChangeRequest {
    /// install, remove: for the lock, the history and the reason of the generation.
    std::string operation;
    std::vector<std::filesystem::path> install;
    std::vector<model::BundleId> remove;
    bool dry_run = false;
    /// As planning::Request has them.
    bool allow_downgrade = false;
    bool allow_signer_change = false;
};

/// The one way by which the installed set changes: lock, open and trust, plan, preflight,
/// transaction, confirm, collect. What fails leaves the machine as it was.
[[nodiscard]] model::Result<Outcome> change(const Context& context, const ChangeRequest& request);

}  // namespace agent::operations
