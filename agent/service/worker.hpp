// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "agent/bus/handles.hpp"
#include "agent/service/job.hpp"

namespace agent::service {

/// The transient unit that does a job: `update-agent-job-N.service`.
[[nodiscard]] std::string unit_of(unsigned number);

/// The command line of a job: `program` and its arguments. The files are where the worker finds
/// those of an installation, one for each subject.
[[nodiscard]] std::vector<std::string> command_of(const std::string& program,
                                                  const JobRequest& request,
                                                  const std::vector<std::string>& files);

/// Asks systemd to run the command in the job's unit, with its output at the end of that file.
/// `then` is called with what came of it, later; it is not where an error is returned.
[[nodiscard]] model::Result<> start_worker(sd_bus* bus, unsigned number,
                                           const std::vector<std::string>& command,
                                           const std::filesystem::path& output,
                                           std::function<void(model::Result<>)> then);

/// Asks the command to end as Ctrl-C does. One that has ended already is no failure.
void interrupt_worker(sd_bus* bus, unsigned number);

/// Asks systemd for the job's unit; `answered` is told, later, whether it can be there: it is gone
/// only where systemd says so. False where systemd could not be asked.
[[nodiscard]] bool look_for_worker(sd_bus* bus, unsigned number,
                                   std::function<void(bool there)> answered);

}  // namespace agent::service
