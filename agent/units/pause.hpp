// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "agent/model/description.hpp"

namespace agent::units {

/// The instance of update-agent-pause@.service that runs, for the length of the start limit's
/// interval, once the container's service has reached that limit; its next start waits for it.
/// Without it Upholds= tries, and is refused, sixteen times every ten seconds. Stopping the pause
/// lets the service start at once. None where the limit is off, or where failing does not mean that
/// it was reached.
[[nodiscard]] std::optional<std::string> pause_unit(const model::Container& container);

/// StartLimitIntervalSec= of the container's service.
[[nodiscard]] model::Span start_limit_interval(const model::Container& container);

}  // namespace agent::units
