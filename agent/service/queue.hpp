// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "agent/service/job.hpp"

namespace agent::service {

/// So many jobs of a lane may wait, and so many run that are in none.
inline constexpr std::size_t kMostJobs = 10;
/// So many jobs of a lane that have ended are kept for those who ask.
inline constexpr std::size_t kMostEnded = 16;

/// Whether the request may become a job: ErrorCode::busy where too many wait, or where one that
/// waits or runs is about the same bundle.
[[nodiscard]] model::Result<> admit(const Jobs& jobs, const JobRequest& request);
/// Those that can begin now: the first one that waits in a lane where none runs, and all that are
/// in none.
[[nodiscard]] std::vector<unsigned> startable(const Jobs& jobs);
/// Those that ended first of those that have ended, as many as are too many.
[[nodiscard]] std::vector<unsigned> forgettable(const Jobs& jobs);
/// Whether one waits or runs.
[[nodiscard]] bool is_working(const Jobs& jobs);

}  // namespace agent::service
