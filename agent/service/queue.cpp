// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/queue.hpp"

#include <algorithm>

namespace agent::service {

namespace {

using model::ErrorCode;
using model::Result;

bool share(const std::set<std::string>& left, const std::set<std::string>& right) {
    return std::any_of(left.begin(), left.end(),
                       [&](const auto& claim) { return right.count(claim) != 0; });
}

bool is_active(const Job& job) {
    return job.state != JobState::ended;
}

bool is_running(const Job& job) {
    return job.state == JobState::running || job.state == JobState::cancelling;
}

}  // namespace

Result<> admit(const Jobs& jobs, const JobRequest& request) {
    std::size_t count = 0;
    for (const auto& [number, job] : jobs) {
        if (!is_active(job) || job.request.lane != request.lane) continue;
        if (job.state == JobState::queued || request.lane == Lane::none) ++count;
        if (share(job.request.claims, request.claims))
            return model::fail(ErrorCode::busy, "job " + std::to_string(number) + " (" +
                                                    job.request.operation +
                                                    ") is about the same already; follow it with "
                                                    "'update-agent watch " +
                                                    std::to_string(number) + "'");
    }
    if (count < kMostJobs) return {};
    return model::fail(ErrorCode::busy, std::to_string(count) + " jobs " +
                                            (request.lane == Lane::none ? "run" : "wait") +
                                            " already; try again when one has ended");
}

std::vector<unsigned> startable(const Jobs& jobs) {
    std::set<Lane> taken;
    for (const auto& [number, job] : jobs)
        if (is_running(job)) taken.insert(job.request.lane);
    std::vector<unsigned> numbers;
    for (const auto& [number, job] : jobs) {
        if (job.state != JobState::queued) continue;
        const bool free = taken.insert(job.request.lane).second;
        if (free || job.request.lane == Lane::none) numbers.push_back(number);
    }
    return numbers;
}

std::vector<unsigned> forgettable(const Jobs& jobs) {
    std::map<Lane, std::vector<unsigned>> ended;
    for (const auto& [number, job] : jobs)
        if (!is_active(job)) ended[job.request.lane].push_back(number);
    std::vector<unsigned> numbers;
    for (auto& [lane, of_lane] : ended) {
        std::stable_sort(of_lane.begin(), of_lane.end(), [&](unsigned left, unsigned right) {
            return jobs.at(left).ended_as < jobs.at(right).ended_as;
        });
        of_lane.resize(of_lane.size() - std::min(of_lane.size(), kMostEnded));
        numbers.insert(numbers.end(), of_lane.begin(), of_lane.end());
    }
    return numbers;
}

bool is_working(const Jobs& jobs) {
    return std::any_of(jobs.begin(), jobs.end(),
                       [](const auto& entry) { return is_active(entry.second); });
}

}  // namespace agent::service
