// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/checks.hpp"
#include "agent/planning/problem_place.hpp"

namespace agent::planning {

namespace {

void check_devices(const Candidate& candidate, const std::vector<std::string>& container,
                   const std::vector<std::string>& devices, const MachineFacts& facts,
                   model::Problems& problems) {
    for (std::size_t i = 0; i < devices.size(); ++i) {
        const auto unusable = facts.unusable_devices.find(devices[i]);
        if (unusable == facts.unusable_devices.end()) continue;
        auto path = container;
        path.insert(path.end(), {"devices", std::to_string(i)});
        auto problem = problem_at(candidate.description, candidate.texts, path);
        problem.message = unusable->second;
        problem.hint = "a container gets a device when it is created, so connect it before";
        problems.push_back(std::move(problem));
    }
}

}  // namespace

void check_devices(const Candidate& candidate, const MachineFacts& facts,
                   model::Problems& problems) {
    const auto check = [&](const std::string& list, const std::vector<model::Container>& all) {
        for (std::size_t i = 0; i < all.size(); ++i)
            check_devices(candidate, {list, std::to_string(i)}, all[i].devices, facts, problems);
    };
    check("containers", candidate.description.containers);
    check("init-containers", candidate.description.init_containers);
}

}  // namespace agent::planning
