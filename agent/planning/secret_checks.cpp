// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/description_place.hpp"
#include "agent/planning/checks.hpp"

namespace agent::planning {

namespace {

using model::ErrorCode;
using model::Problems;

void check_container(const Candidate& candidate, const std::string& list, std::size_t index,
                     const std::vector<model::Secret>& secrets, const std::set<std::string>& there,
                     Problems& problems) {
    for (std::size_t i = 0; i < secrets.size(); ++i) {
        const auto& name = secrets[i].name;
        if (there.count(name) != 0) continue;
        const auto place =
            model::place_in(candidate.texts.description,
                            {list, std::to_string(index), "secrets", std::to_string(i), "name"});
        problems.push_back({.code = ErrorCode::conflict,
                            .where = label(candidate.description),
                            .line = place.position.line,
                            .column = place.position.column,
                            .key = place.key,
                            .message = "podman has no secret '" + name + "'",
                            .hint = "podman secret create " + name + " FILE"});
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
