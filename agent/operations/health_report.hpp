// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/operations/context.hpp"
#include "agent/operations/health.hpp"

namespace agent::operations {

/// What containers wrote last, by their services.
using LogLines = std::map<std::string, std::vector<std::string>>;

/// A few lines of each, within seconds in all. What cannot be read is left out: the lines explain a
/// failure, and take no part in it.
[[nodiscard]] LogLines last_log_lines(const Host& host, const std::vector<Unhealthy>& unhealthy);

/// A line for each container, and below it, set in, what it wrote; begins with a newline.
[[nodiscard]] std::string health_report(const std::vector<Unhealthy>& unhealthy,
                                        const LogLines& lines);

}  // namespace agent::operations
