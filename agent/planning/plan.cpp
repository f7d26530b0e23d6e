// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/plan.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "agent/model/unit_name.hpp"
#include "agent/planning/checks.hpp"
#include "agent/planning/data_plan.hpp"
#include "agent/planning/set_digest.hpp"
#include "agent/planning/unit_changes.hpp"
#include "agent/planning/volume_plan.hpp"

namespace agent::planning {

namespace {

using model::BundleId;
using model::ErrorCode;
using model::InstalledBundle;
using model::InstalledSet;
using model::Problem;
using model::Problems;
using model::VolumeRoots;

containers::CreateSpec spec_of(const Candidate& candidate, const model::Container& container,
                               const containers::Placement& placement) {
    const auto stored = candidate.specs.find(container.name);
    if (stored != candidate.specs.end()) return stored->second;
    return containers::make_create_spec(candidate.description.id, container, placement);
}

/// The bundle as it will be installed, but for its containers: how they are created depends on the
/// whole result.
InstalledBundle to_installed(const Candidate& candidate, const MachineFacts& facts) {
    InstalledBundle bundle{.description = candidate.description,
                           .digest = candidate.digest,
                           .anchor = candidate.anchor,
                           .containers = {},
                           .store = candidate.store};
    if (bundle.store && !candidate.kept) bundle.store->verity = facts.store_verity;
    return bundle;
}

void make_specs(const Candidate& candidate, const VolumeRoots& roots, Plan& plan) {
    auto& bundle = plan.result.bundles.at(candidate.description.id);
    for (const auto& container : bundle.description.containers) {
        auto spec = spec_of(candidate, container,
                            containers::place(plan.result, bundle.description, container, roots));
        bundle.containers.push_back(spec.container);
        plan.specs[container.name] = std::move(spec);
    }
}

/// Containers that stay as described are made again where another bundle moved what they name.
void follow_moves(const InstalledSet& installed, const VolumeRoots& roots, Plan& plan) {
    for (auto& [id, bundle] : plan.result.bundles) {
        const auto* there = installed.find(id);
        if (there == nullptr || there->digest != bundle.digest) continue;
        for (std::size_t i = 0; i < bundle.containers.size(); ++i) {
            const auto& container = bundle.description.containers[i];
            const auto placement =
                containers::place(plan.result, bundle.description, container, roots);
            if (placement == containers::place(installed, there->description, container, roots))
                continue;
            auto spec = containers::make_create_spec(id, container, placement);
            bundle.containers[i] = spec.container;
            plan.specs[container.name] = std::move(spec);
        }
    }
}

void judge(const Candidate& candidate, const InstalledBundle* there, const Request& request,
           const MachineFacts& facts, Problems& problems) {
    if (candidate.kept) return;
    if (there != nullptr) check_successor(candidate, *there, request, problems);
    check_floor(candidate, request, facts, problems);
}

Problem asked_twice(const Candidate& candidate) {
    return {.code = ErrorCode::conflict,
            .where = candidate.source,
            .key = "id",
            .message = "the bundle " + candidate.description.id.value() + " is asked for twice",
            .hint = "name each bundle once"};
}

/// Makes the set as the request wants it, with what may not come in as well: what it would do to
/// the others is a reason against it, too. Gives what comes in.
Brought make_result(const InstalledSet& installed, const Request& request,
                    const MachineFacts& facts, Plan& plan, Problems& problems) {
    plan.result = installed;
    plan.result.generation = facts.next_generation;
    for (const auto& id : request.remove)
        plan.result.bundles.erase(id);
    Brought brought;
    std::set<BundleId> seen;
    for (const auto& candidate : request.add) {
        const auto& id = candidate.description.id;
        if (!seen.insert(id).second) {
            problems.push_back(asked_twice(candidate));
            continue;
        }
        const auto* there = installed.find(id);
        if (there != nullptr && there->digest == candidate.digest) {
            check_kept_store(candidate, facts, problems);
            plan.unchanged.push_back(id);
            plan.result.bundles[id] = *there;
            continue;
        }
        judge(candidate, there, request, facts, problems);
        if (there != nullptr) plan.replaced.emplace(id, there->description.version);
        plan.result.bundles[id] = to_installed(candidate, facts);
        brought.push_back(&candidate);
    }
    const auto& roots = facts.render.volume_roots;
    for (const auto* candidate : brought)
        make_specs(*candidate, roots, plan);
    follow_moves(installed, roots, plan);
    return brought;
}

void order_bundles(const InstalledSet& installed, const Brought& brought,
                   const std::set<BundleId>& removed, Plan& plan) {
    auto stop_order = by_requirements(installed);
    std::reverse(stop_order.begin(), stop_order.end());
    for (const auto& id : stop_order)
        if (removed.count(id) != 0) plan.remove.push_back(id);
    std::map<BundleId, const Candidate*> candidates;
    for (const auto* candidate : brought)
        candidates.emplace(candidate->description.id, candidate);
    for (const auto& id : by_requirements(plan.result))
        if (const auto found = candidates.find(id); found != candidates.end())
            plan.add.push_back(*found->second);
}

}  // namespace

std::vector<std::string> unit_names(const model::Description& bundle) {
    std::vector<std::string> names = {model::bundle_target(bundle.id),
                                      model::bundle_restart_target(bundle.id)};
    for (const auto& container : bundle.containers)
        names.push_back(model::container_service(container.name));
    return names;
}

std::vector<std::string> unit_names(const std::vector<Candidate>& candidates) {
    std::vector<std::string> names;
    for (const auto& candidate : candidates) {
        auto more = unit_names(candidate.description);
        std::move(more.begin(), more.end(), std::back_inserter(names));
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
    const std::set<BundleId> removed(request.remove.begin(), request.remove.end());
    const auto brought = make_result(installed, request, facts, plan, problems);
    plan.digest = set_digest(plan.result);
    check_removal(installed, plan.result, removed, problems);
    if (!request.retry && plan.digest != set_digest(installed))
        check_failed_sets(plan.digest, facts, problems);
    for (const auto* candidate : brought) {
        check_machine(*candidate, facts, problems);
        check_host_packages(*candidate, facts, problems);
        check_secrets(*candidate, facts, problems);
        check_image_store(*candidate, plan.result, facts, problems);
        // What is put back has its containers, and is wanted whatever is plugged in.
        if (!candidate->kept) check_devices(*candidate, facts, problems);
    }
    if (!brought.empty()) check_package_proposal(facts, problems);
    // What stays is only checked with what comes; a removal's dependants were named above.
    if (!brought.empty()) check_requirements(plan.result, removed, problems);
    check_names(plan.result, brought, facts, problems);
    check_volumes(plan.result, brought, facts.render.volume_roots, problems);
    check_scopes(plan.result, brought, facts, problems);
    if (!problems.empty()) return tl::unexpected<Problems>(std::move(problems));

    order_bundles(installed, brought, removed, plan);
    for (const auto& candidate : plan.add)
        if (!candidate.kept) plan.bytes += candidate.bytes;
    if (facts.packages) plan.host_packages = *facts.packages;
    plan_volumes(facts.render.volume_roots, plan);
    if (request.purge) plan_purge(installed, facts.render.volume_roots, plan);
    plan_units(installed, facts, plan);
    plan_data(installed, request, facts.render.volume_roots, plan);
    return plan;
}

}  // namespace agent::planning
