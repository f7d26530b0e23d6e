// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/jobs.hpp"

#include "agent/operations/context.hpp"

namespace agent::operations {

using model::Result;

Result<> stop_all(host::ServiceManager& services, const std::vector<std::string>& units) {
    if (units.empty()) return {};
    TRY(services.thaw_what_stops_with(units));
    TRY_ASSIGN(const auto jobs, services.stop(units, kJobBound));
    for (const auto& job : jobs)
        if (job.result != "done" && job.result != "skipped")
            return model::fail(
                model::ErrorCode::internal,
                "stopping " + job.unit + ": the job ended with '" + job.result + "'");
    return {};
}

Result<std::vector<host::JobResult>> restart_all(host::ServiceManager& services,
                                                 const std::vector<std::string>& units,
                                                 host::ServiceManager::Timeout timeout) {
    TRY(services.thaw_what_stops_with(units));
    return services.restart(units, timeout);
}

Result<> unmask(host::ServiceManager& services, const std::vector<std::string>& units) {
    TRY_ASSIGN(const auto states, services.states(units));
    std::vector<std::string> masked;
    for (const auto& state : states)
        if (state.load == "masked") masked.push_back(state.name);
    if (masked.empty()) return {};
    return services.unmask_runtime(masked);
}

}  // namespace agent::operations
