// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/job_book.hpp"

#include <algorithm>

namespace agent::systemd {

void JobBook::queued(std::string unit, std::string job_path) {
    jobs_.push_back({std::move(unit), std::move(job_path)});
}

void JobBook::done(const std::string& unit) {
    // A name where jobs have an object path: never the same.
    jobs_.push_back({unit, unit});
    results_.emplace(unit, "done");
}

void JobBook::removed(const std::string& job_path, const std::string& result) {
    results_.emplace(job_path, result);
}

bool JobBook::all_ended() const {
    return std::all_of(jobs_.begin(), jobs_.end(),
                       [this](const Job& job) { return results_.contains(job.path); });
}

std::vector<host::JobResult> JobBook::results() const {
    std::vector<host::JobResult> list;
    for (const auto& job : jobs_) {
        const auto result = results_.find(job.path);
        list.push_back({job.unit, result == results_.end() ? "timeout" : result->second});
    }
    return list;
}

}  // namespace agent::systemd
