// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/checks.hpp"
#include "agent/planning/problem_place.hpp"

namespace agent::planning {

namespace {

using model::Problems;

void check_container(const Candidate& candidate, const std::string& list, std::size_t index,
                     const std::vector<model::Secret>& secrets, const std::set<std::string>& there,
                     Problems& problems) {
    for (std::size_t i = 0; i < secrets.size(); ++i) {
        const auto& name = secrets[i].name;
        if (there.count(name) != 0) continue;
        auto problem =
            problem_at(candidate.description, candidate.texts,
                       {list, std::to_string(index), "secrets", std::to_string(i), "name"});
        problem.message = "podman has no secret '" + name + "'";
        problem.hint = "podman secret create " + name + " FILE";
        problems.push_back(std::move(problem));
    }
}

}  // namespace

void check_secrets(const Candidate& candidate, const MachineFacts& facts, Problems& problems) {
    if (!facts.secrets) return;
    const auto& description = candidate.description;
    for (std::size_t i = 0; i < description.containers.size(); ++i)
        check_container(candidate, "containers", i, description.containers[i].secrets,
                        *facts.secrets, problems);
    for (std::size_t i = 0; i < description.init_containers.size(); ++i)
        check_container(candidate, "init-containers", i, description.init_containers[i].secrets,
                        *facts.secrets, problems);
}

}  // namespace agent::planning
