// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/plan.hpp"

#include <algorithm>
#include <set>

#include "agent/model/unit_name.hpp"
#include "agent/planning/checks.hpp"
#include "agent/planning/set_digest.hpp"
#include "agent/planning/unit_changes.hpp"

namespace agent::planning {

namespace {

using model::BundleId;
using model::ErrorCode;
using model::InstalledBundle;
using model::InstalledSet;
using model::Problems;

containers::CreateSpec spec_of(const Candidate& candidate, const model::Container& container) {
    const auto stored = candidate.specs.find(container.name);
    if (stored != candidate.specs.end()) return stored->second;
    return containers::make_create_spec(candidate.description.id, container);
}

/// The bundle as it will be installed; its create specs go into the plan.
InstalledBundle to_installed(const Candidate& candidate, Plan& plan) {
    InstalledBundle bundle{.description = candidate.description,
                           .digest = candidate.digest,
                           .anchor = candidate.anchor,
                           .containers = {}};
    for (const auto& container : candidate.description.containers) {
        auto spec = spec_of(candidate, container);
        bundle.containers.push_back(spec.container);
        plan.specs[container.name] = std::move(spec);
    }
    return bundle;
}

enum class Admission { add, unchanged, refuse };

Admission admit(const Candidate& candidate, const Request& request, const InstalledSet& installed,
                const MachineFacts& facts, Problems& problems) {
    const auto& wanted = candidate.description;
    const auto* there = installed.find(wanted.id);
    if (there != nullptr && there->digest == candidate.digest) return Admission::unchanged;
    if (candidate.kept) return Admission::add;
    const auto refused_before = problems.size();
    if (there != nullptr) check_successor(candidate, *there, request, problems);
    check_floor(candidate, request, facts, problems);
    return problems.size() == refused_before ? Admission::add : Admission::refuse;
}

/// The set as the request wants it; what cannot be admitted is left as it is.
InstalledSet resulting_set(const InstalledSet& installed, const Request& request,
                           const MachineFacts& facts, Plan& plan, Problems& problems) {
    InstalledSet result = installed;
    result.generation = facts.next_generation;
    for (const auto& id : request.remove)
        result.bundles.erase(id);
    std::set<BundleId> seen;
    for (const auto& candidate : request.add) {
        const auto& id = candidate.description.id;
        if (!seen.insert(id).second) {
            problems.push_back({.code = ErrorCode::conflict,
                                .where = candidate.source,
                                .key = "id",
                                .message = "the bundle " + id.value() + " is asked for twice",
                                .hint = "name each bundle once"});
            continue;
        }
        switch (admit(candidate, request, installed, facts, problems)) {
            case Admission::add:
                if (const auto* there = installed.find(id))
                    plan.replaced.emplace(id, there->description.version);
                result.bundles[id] = to_installed(candidate, plan);
                break;
            case Admission::unchanged:
                plan.unchanged.push_back(id);
                break;
            case Admission::refuse:
                break;
        }
    }
    return result;
}

/// What the request brings. What is there already is not judged again: the host may have changed
/// since, and there is nothing to do.
Request brought_by(const Request& request, const Plan& plan) {
    Request brought = request;
    brought.add.clear();
    const auto& unchanged = plan.unchanged;
    for (const auto& candidate : request.add)
        if (std::find(unchanged.begin(), unchanged.end(), candidate.description.id) ==
            unchanged.end())
            brought.add.push_back(candidate);
    return brought;
}

void order_bundles(const InstalledSet& installed, const Request& brought, Plan& plan) {
    const std::set<BundleId> removed(brought.remove.begin(), brought.remove.end());
    auto stop_order = by_requirements(installed);
    std::reverse(stop_order.begin(), stop_order.end());
    for (const auto& id : stop_order)
        if (removed.count(id) != 0) plan.remove.push_back(id);
    for (const auto& id : by_requirements(plan.result))
        for (const auto& candidate : brought.add)
            if (candidate.description.id == id) plan.add.push_back(candidate);
}

}  // namespace

std::vector<std::string> unit_names(const std::vector<Candidate>& candidates) {
    std::vector<std::string> names;
    for (const auto& candidate : candidates) {
        names.push_back(model::bundle_target(candidate.description.id));
        names.push_back(model::bundle_restart_target(candidate.description.id));
        for (const auto& container : candidate.description.containers)
            names.push_back(model::container_service(container.name));
    }
    return names;
}

units::RenderedUnits render(const InstalledSet& set, const MachineFacts& facts) {
    return units::render_units(set, facts.render);
}

tl::expected<Plan, Problems> make_plan(const InstalledSet& installed, const Request& request,
                                       const MachineFacts& facts) {
    Plan plan;
    Problems problems;
    plan.result = resulting_set(installed, request, facts, plan, problems);
    check_removal(installed, request, problems);
    plan.digest = set_digest(plan.result);
    const auto brought = brought_by(request, plan);
    // Where something was not admitted, this is not the set that was asked for.
    const bool changes = !brought.add.empty() || !brought.remove.empty();
    if (problems.empty() && changes && !request.retry)
        check_failed_sets(plan.digest, facts, problems);
    for (const auto& candidate : brought.add)
        check_machine(candidate, facts, problems);
    // What stays is only checked with what comes; a removal's dependants were named above.
    if (!brought.add.empty()) check_requirements(plan.result, problems);
    check_names(plan.result, brought, facts, problems);
    if (!problems.empty()) return tl::unexpected<Problems>(std::move(problems));

    order_bundles(installed, brought, plan);
    for (const auto& candidate : plan.add)
        plan.bytes += candidate.bytes;
    plan_units(installed, facts, plan);
    return plan;
}

}  // namespace agent::planning
