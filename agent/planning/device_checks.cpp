// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/checks.hpp"

namespace agent::planning {

void check_devices(const Candidate& candidate, const MachineFacts& facts,
                   model::Problems& problems) {
    const auto& containers = candidate.description.containers;
    for (std::size_t i = 0; i < containers.size(); ++i)
        for (std::size_t j = 0; j < containers[i].devices.size(); ++j) {
            const auto unusable = facts.unusable_devices.find(containers[i].devices[j]);
            if (unusable == facts.unusable_devices.end()) continue;
            problems.push_back(
                {.code = model::ErrorCode::conflict,
                 .where = label(candidate.description),
                 .key = "containers[" + std::to_string(i) + "].devices[" + std::to_string(j) + "]",
                 .message = unusable->second,
                 .hint = "a container gets a device when it is created, so connect "
                         "it before"});
        }
}

}  // namespace agent::planning
