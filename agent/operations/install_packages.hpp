// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/effects.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

[[nodiscard]] model::Result<> install_packages(const InstallPackages& effect, World& world);
/// What others need by now is told of as a warning, and stays.
[[nodiscard]] model::Result<> undo_install_packages(const InstallPackages& effect, World& world);

/// What would be installed for the candidates that are not installed as they are; nothing where
/// nothing is missing. ErrorCode::conflict below another root, whose packages nobody here changes.
[[nodiscard]] model::Result<std::optional<model::PackageProposal>> propose_packages(
    const Context& context, const model::InstalledSet& installed,
    const std::vector<planning::Candidate>& candidates);

}  // namespace agent::operations
