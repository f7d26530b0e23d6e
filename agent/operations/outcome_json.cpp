// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/outcome_json.hpp"

#include <nlohmann/json.hpp>

#include "agent/model/json_format.hpp"

namespace agent::operations {

namespace {

using Json = nlohmann::ordered_json;

Json strings(const std::vector<model::BundleId>& ids) {
    Json list = Json::array();
    for (const auto& id : ids)
        list.push_back(id.value());
    return list;
}

Json init_containers(const planning::DataPlan& data) {
    Json list = Json::array();
    const auto late = planning::init_runs({.early = data.late}).size();
    const auto runs = planning::init_runs(data);
    for (std::size_t i = 0; i < runs.size(); ++i)
        list.push_back({{"name", runs[i].spec.container.name.value()},
                        {"podman-name", runs[i].spec.container.podman_name},
                        {"in-switch", i + late >= runs.size()}});
    return list;
}

Json host_packages(const model::PackageProposal& proposal) {
    Json list = Json::array();
    for (const auto& package : proposal.packages)
        list.push_back({{"name", package.name},
                        {"architecture", package.architecture},
                        {"version", package.version},
                        {"automatic", package.automatic}});
    return list;
}

Json snapshots(const planning::DataPlan& data) {
    auto steps = data.early;
    steps.insert(steps.end(), data.late.begin(), data.late.end());
    return writes_of(steps);
}

}  // namespace

std::string outcome_json(const Outcome& outcome) {
    const auto& plan = outcome.plan;
    Json value{{"format", model::kJsonFormat}};
    value["dry-run"] = outcome.dry_run;
    value["generation-before"] = outcome.generation_before;
    value["generation-after"] = outcome.generation_after;
    value["restored"] = outcome.restored ? Json(*outcome.restored) : Json();
    value["installed"] = Json::array();
    for (const auto& candidate : plan.add) {
        const auto replaced = plan.replaced.find(candidate.description.id);
        value["installed"].push_back(
            {{"id", candidate.description.id.value()},
             {"version", candidate.description.version.to_string()},
             {"replaces",
              replaced == plan.replaced.end() ? Json() : Json(replaced->second.to_string())},
             {"digest", candidate.digest.hex()},
             {"bytes", candidate.bytes}});
    }
    value["removed"] = strings(plan.remove);
    value["unchanged"] = strings(plan.unchanged);
    value["host-packages"] = host_packages(plan.host_packages);
    value["stop"] = plan.stop;
    value["snapshots"] = snapshots(plan.data);
    value["init"] = init_containers(plan.data);
    value["restart"] = plan.restart_order;
    value["start"] = plan.start;
    value["purge"] = plan.purge;
    value["bytes"] = plan.bytes;
    value["download"] = plan.host_packages.download;
    value["space"] = {{"kept", outcome.space.kept},
                      {"engine", outcome.space.engine},
                      {"snapshots", outcome.space.snapshots},
                      {"packages", outcome.space.packages}};
    value["notes"] = outcome.notes;
    constexpr int kIndentation = 2;
    // Text from the outside may not be UTF-8; it is printed all the same.
    return value.dump(kIndentation, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace agent::operations
