// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "agent/planning/plan.hpp"

namespace agent::planning {

/// How the files of providers change with a plan; nothing where there are none before and after.
[[nodiscard]] std::optional<FileChange> file_change(const model::InstalledSet& installed,
                                                    const Request& request,
                                                    const model::VolumeRoots& roots,
                                                    const Plan& plan);

}  // namespace agent::planning
