// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/planning/plan.hpp"
#include "tests/unit/units/example.hpp"

/// Requests and machines, made by hand.
namespace example {

namespace planning = agent::planning;

inline model::Version version(std::string_view text) {
    return model::Version::parse(text).value();
}

inline model::Requirement requirement(std::string_view bundle_id, std::string_view range) {
    return {id(bundle_id), model::VersionRange::parse(range).value()};
}

/// A bundle of that id and version, with these containers.
inline model::Description described(std::string_view bundle_id,
                                    std::string_view bundle_version = "1.0.0",
                                    const std::vector<std::string>& container_names = {}) {
    std::vector<model::Container> containers;
    for (const auto& container_name : container_names)
        containers.push_back(container(container_name));
    auto description = bundle(bundle_id, std::move(containers));
    description.version = version(bundle_version);
    return description;
}

inline planning::Candidate candidate(model::Description description, char content = '1') {
    planning::Candidate candidate;
    candidate.digest = model::Sha256::parse(std::string(64, content)).value();
    candidate.source = "/media/" + description.id.value() + ".bundle";
    candidate.anchor = std::string(64, 'f');
    candidate.bytes = 1000;
    candidate.description = std::move(description);
    return candidate;
}

/// The set after the candidates were installed, with generation 1.
inline model::InstalledSet installed_from(const std::vector<planning::Candidate>& candidates) {
    model::InstalledSet set;
    set.generation = 1;
    for (const auto& each : candidates) {
        auto& bundle = set.bundles[each.description.id];
        bundle = {each.description, each.digest, each.anchor, {}};
        for (const auto& container : each.description.containers)
            bundle.containers.push_back(
                agent::containers::make_create_spec(each.description.id, container).container);
    }
    return set;
}

inline planning::MachineFacts facts() {
    planning::MachineFacts facts;
    facts.os_version = version("12.0.0");
    facts.architecture = "amd64";
    facts.machine = "gripper";
    facts.next_generation = 2;
    facts.render = context();
    facts.floors = {{id("old"), version("1.3.0")}};
    return facts;
}

inline std::vector<std::string> added(const planning::Plan& plan) {
    std::vector<std::string> ids;
    for (const auto& each : plan.add)
        ids.push_back(each.description.id.value());
    return ids;
}

inline std::vector<std::string> texts(const std::vector<model::BundleId>& ids) {
    std::vector<std::string> values;
    for (const auto& each : ids)
        values.push_back(each.value());
    return values;
}

}  // namespace example
