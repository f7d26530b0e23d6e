// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/model/installed_set.hpp"

namespace agent::planning {

/// Identity of a set: SHA-256 over a line `ID DIGEST` for each bundle, sorted by id. The number of
/// the generation is no part of it: the same bundles are the same set whenever they are tried.
[[nodiscard]] model::Sha256 set_digest(const model::InstalledSet& set);

}  // namespace agent::planning
