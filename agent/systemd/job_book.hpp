// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/host/service_manager.hpp"

namespace agent::systemd {

/// Which of the jobs that were queued have ended, and how. A job may end before its number is
/// known.
class JobBook {
  public:
    void queued(std::string unit, std::string job_path);
    /// Needs no job: it is as it should be.
    void done(const std::string& unit);
    /// JobRemoved was received; jobs of others are of no interest, but may turn out to be ours.
    void removed(const std::string& job_path, const std::string& result);
    [[nodiscard]] bool all_ended() const;
    /// In the order queued; a job that has not ended has the result `timeout`.
    [[nodiscard]] std::vector<host::JobResult> results() const;

  private:
    struct Job {
        std::string unit;
        std::string path;
    };
    std::vector<Job> jobs_;
    std::map<std::string, std::string> results_;
};

}  // namespace agent::systemd
