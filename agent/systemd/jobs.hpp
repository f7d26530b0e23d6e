// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/systemd/bus.hpp"
#include "agent/systemd/job_book.hpp"

namespace agent::systemd {

using Deadline = std::chrono::steady_clock::time_point;

/// Queues one job by StartUnit, StopUnit or RestartUnit with the mode `replace`; returns its object
/// path.
[[nodiscard]] model::Result<std::string> queue_job(const Bus& bus, const char* method,
                                                   const std::string& unit);

/// What a unit is that systemd has not loaded: stopped already, or missing.
enum class NotLoaded { done, error };

/// Queues a job for every unit, then waits for all of them until the deadline.
[[nodiscard]] model::Result<std::vector<host::JobResult>> run_jobs(
    const Bus& bus, const char* method, const std::vector<std::string>& units, Deadline deadline,
    NotLoaded not_loaded = NotLoaded::error);

}  // namespace agent::systemd
