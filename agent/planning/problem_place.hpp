// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/model/problem.hpp"
#include "agent/planning/plan.hpp"

namespace agent::planning {

/// A conflict of a bundle with what it meets, at a place of its description's text: keys and
/// indices from the root. Message and hint are left to the caller.
[[nodiscard]] model::Problem problem_at(const model::Description& bundle, const BundleTexts& texts,
                                        const std::vector<std::string>& path);

}  // namespace agent::planning
