// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/operations/candidates.hpp"
#include "agent/planning/plan.hpp"
#include "agent/planning/space.hpp"

namespace agent::operations {

/// What a changing operation ends with.
struct Outcome {
    planning::Plan plan;
    /// Nothing in the engine's store where another root is given: images come in later.
    planning::SpaceNeeded space = {};
    bool dry_run = false;
    unsigned generation_before = 0;
    unsigned generation_after = 0;
    /// Whose set was put back.
    std::optional<unsigned> restored = std::nullopt;
    std::vector<std::string> notes;
};

/// Which kept generation's set is put back; the newest earlier one that is another where no number
/// is given.
struct Restore {
    std::optional<unsigned> generation;
};

struct ChangeRequest {
    /// install, remove, rollback: for the lock, the history and the reason of the generation.
    std::string operation;
    std::vector<bundle::BundleFile> install;
    std::vector<model::BundleId> remove;
    bool dry_run = false;
    /// As planning::Request has them.
    bool allow_downgrade = false;
    bool allow_signer_change = false;
    bool retry = false;
    bool purge = false;
    /// install: Debian packages that the bundles want and that are not there are installed.
    bool install_host_packages = false;
    /// rollback: puts a kept generation's set back.
    std::optional<Restore> restore = std::nullopt;
};

/// The one way by which the installed set changes: lock, settle what was interrupted, open and
/// trust, plan, preflight, transaction, conclusion. What fails leaves the machine as it was.
[[nodiscard]] model::Result<Outcome> change(const Context& context, const ChangeRequest& request);

}  // namespace agent::operations
