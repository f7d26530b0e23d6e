// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/health.hpp"

#include <algorithm>
#include <utility>

namespace agent::operations {

namespace {

// A container that is down this often before it was ever up for the settle-time will not get well.
constexpr unsigned kStartsToFail = 4;

}  // namespace

std::string describe(const host::UnitState& unit) {
    std::string text = unit.name + ": " + unit.active + " (" + unit.sub + ")";
    if (!unit.result.empty() && unit.result != "success") text += ", " + unit.result;
    if (unit.exit_status != 0) text += ", status " + std::to_string(unit.exit_status);
    if (unit.restarts != 0) text += ", restarted " + std::to_string(unit.restarts) + " times";
    return text;
}

bool HealthJudge::up(const WatchedContainer& container, const HealthSample& sample) {
    if (sample.unit.active != "active") return false;
    // Nothing that is paused answers its check; it was let in as what it was before.
    return !container.health_check || sample.unit.frozen || sample.check == "healthy";
}

bool HealthJudge::count_start(const HealthSample& sample) {
    const bool first = starts_.count(sample.unit.name) == 0;
    auto& start = starts_[sample.unit.name];
    if (first && sample.unit.active == "active") start.restarts_before = sample.unit.restarts;
    if (sample.unit.invocation_id == start.invocation) return false;
    if (start.first_invocation.empty()) start.first_invocation = sample.unit.invocation_id;
    start.invocation_before = std::exchange(start.invocation, sample.unit.invocation_id);
    ++start.count;
    return true;
}

bool HealthJudge::failed_for_good(const HealthSample& sample) {
    if (sample.unit.load != "loaded" || sample.unit.result == "start-limit-hit" ||
        (sample.check == "unhealthy" && !sample.unit.frozen))
        return true;
    const auto& start = starts_.at(sample.unit.name);
    // A start resets the manager's count.
    const auto restarts =
        sample.unit.restarts - std::min(sample.unit.restarts, start.restarts_before);
    return std::max(start.count, restarts + 1) >= kStartsToFail;
}

Unhealthy HealthJudge::reason_of(const HealthSample& sample) {
    Unhealthy reason{.service = sample.unit.name, .text = describe(sample.unit), .invocations = {}};
    if (!sample.check.empty()) reason.text += ", health check: " + sample.check;
    if (failed_for_good(sample)) reason.text += ", gave up waiting";
    const auto& start = starts_.at(sample.unit.name);
    for (const auto& invocation :
         {start.invocation, start.invocation_before, start.first_invocation})
        if (!invocation.empty() && std::find(reason.invocations.begin(), reason.invocations.end(),
                                             invocation) == reason.invocations.end())
            reason.invocations.push_back(invocation);
    // The start that was refused in the end has written nothing, and may be all that was seen.
    if (failed_for_good(sample)) reason.invocations.emplace_back();
    return reason;
}

HealthJudge::Verdict HealthJudge::look(std::chrono::milliseconds since_start,
                                       const std::vector<HealthSample>& samples) {
    bool all_up = true;
    reasons_.clear();
    for (std::size_t i = 0; i < samples.size(); ++i) {
        if (count_start(samples[i])) all_up_since_.reset();
        if (samples[i].unit.load == "masked") continue;
        if (up(containers_[i], samples[i]) && !failed_for_good(samples[i])) continue;
        all_up = false;
        reasons_.push_back(reason_of(samples[i]));
    }
    if (std::any_of(samples.begin(), samples.end(), [this](const HealthSample& sample) {
            return sample.unit.load != "masked" && failed_for_good(sample);
        }))
        return Verdict::unhealthy;
    if (!all_up) {
        all_up_since_.reset();
        return since_start > bounds_.start_timeout ? Verdict::unhealthy : Verdict::pending;
    }
    if (!all_up_since_) all_up_since_ = since_start;
    return since_start - *all_up_since_ >= bounds_.settle_time ? Verdict::healthy
                                                               : Verdict::pending;
}

}  // namespace agent::operations
