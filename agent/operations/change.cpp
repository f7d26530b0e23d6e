// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/change.hpp"

#include <algorithm>
#include <set>

#include "agent/crypto/sha256.hpp"
#include "agent/model/exit_code.hpp"
#include "agent/operations/collect.hpp"
#include "agent/operations/facts.hpp"
#include "agent/operations/steps.hpp"
#include "agent/operations/transaction.hpp"
#include "agent/store/atomic_file.hpp"
#include "agent/store/floors.hpp"
#include "agent/store/history.hpp"
#include "agent/store/lock.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;

// Layers are zstd-compressed; measured images unpack to 2.5 to 3 times their size.
constexpr std::uint64_t kUnpackedFactor = 3;

std::string named(const model::Description& description) {
    return description.id.value() + " " + description.version.to_string();
}

std::vector<std::string> subjects(const planning::Plan& plan, const model::InstalledSet& before) {
    std::vector<std::string> names;
    for (const auto& candidate : plan.add)
        names.push_back(named(candidate.description));
    for (const auto& id : plan.remove)
        if (const auto* bundle = before.find(id)) names.push_back(named(bundle->description));
    return names;
}

Result<> need_space(const Context& context, const std::filesystem::path& path,
                    std::uint64_t bytes) {
    TRY_ASSIGN(const auto free, context.host.machine.free_space(path));
    const auto needed = bytes + context.configuration.reserve;
    if (free >= needed) return {};
    return model::fail(ErrorCode::no_space, "needs " + model::human_size(needed) +
                                                " on the file system of " + path.string() +
                                                " (with a reserve of " +
                                                model::human_size(context.configuration.reserve) +
                                                "), and " + model::human_size(free) + " are free");
}

/// The bundle is kept; podman copies its blobs once more before it unpacks them.
Result<> check_space(const Context& context, const planning::Plan& plan) {
    if (plan.add.empty()) return {};
    if (context.offline) return need_space(context, context.paths.state(), plan.bytes);
    auto& machine = context.host.machine;
    TRY_ASSIGN(const auto graph_root, context.host.engine.graph_root());
    TRY_ASSIGN(const auto kept_on, machine.file_system(context.paths.state()));
    TRY_ASSIGN(const auto engine_on, machine.file_system(graph_root));
    const auto for_engine = plan.bytes * (1 + kUnpackedFactor);
    if (kept_on == engine_on)
        return need_space(context, context.paths.state(), plan.bytes + for_engine);
    TRY(need_space(context, context.paths.state(), plan.bytes));
    return need_space(context, graph_root, for_engine);
}

/// Whether a generation keeps this bundle. Other content under the same version would have to
/// replace what that generation needs, and is refused.
Result<bool> kept_by_generation(const planning::Candidate& candidate,
                                const std::vector<model::InstalledSet>& kept_sets) {
    const auto& description = candidate.description;
    bool kept = false;
    for (const auto& set : kept_sets) {
        const auto* bundle = set.find(description.id);
        if (bundle == nullptr || bundle->description.version != description.version) continue;
        if (bundle->digest != candidate.digest)
            return model::fail(ErrorCode::conflict,
                               named(description) +
                                   " was installed before with other content, which an earlier "
                                   "generation still keeps; new content needs a new version");
        kept = true;
    }
    return kept;
}

/// Ids whose directory an earlier generation keeps, whole. A directory that no generation names, or
/// that lost its manifest, is replaced.
Result<std::vector<model::BundleId>> kept_already(const Context& context,
                                                  const planning::Plan& plan) {
    const store::Generations generations(context.paths);
    std::vector<model::InstalledSet> kept_sets;
    TRY_ASSIGN(const auto numbers, generations.list());
    for (const auto number : numbers)
        if (auto set = generations.read_set(number)) kept_sets.push_back(std::move(*set));
    std::vector<model::BundleId> kept;
    for (const auto& candidate : plan.add) {
        const auto& description = candidate.description;
        TRY_ASSIGN(const bool by_generation, kept_by_generation(candidate, kept_sets));
        if (!by_generation) continue;
        const auto manifest = store::read_file(
            context.paths.bundle(description.id, description.version) / "manifest");
        if (manifest && crypto::sha256(*manifest) == candidate.digest)
            kept.push_back(description.id);
    }
    return kept;
}

struct Prepared {
    model::InstalledSet before;
    planning::Plan plan;
    planning::MachineFacts facts;
    OpenedBundles opened;
};

Result<Prepared> prepare(const Context& context, const ChangeRequest& request) {
    Prepared prepared;
    const store::Generations generations(context.paths);
    TRY_ASSIGN(prepared.before, generations.installed());
    TRY_ASSIGN(prepared.opened, open_bundles(context, request.install));
    TRY_ASSIGN(prepared.facts, gather_facts(context, prepared.opened.candidates));
    auto plan = planning::make_plan(prepared.before,
                                    {.add = prepared.opened.candidates,
                                     .remove = request.remove,
                                     .allow_downgrade = request.allow_downgrade,
                                     .allow_signer_change = request.allow_signer_change},
                                    prepared.facts);
    if (!plan) return model::fail(model::to_error(plan.error()));
    prepared.plan = std::move(*plan);
    return prepared;
}

std::string reason(const ChangeRequest& request, const Prepared& prepared) {
    std::string text = request.operation;
    for (const auto& name : subjects(prepared.plan, prepared.before))
        text += " " + name;
    return text;
}

struct Execution {
    Result<> result;
    /// Whether it came as far as the switch. What was refused before leaves no trace on disk.
    bool disturbed = false;
    /// Our containers in the engine after a success.
    std::set<std::string> containers = {};
};

Result<StepInput> step_input(const Context& context, const ChangeRequest& request,
                             const Prepared& prepared) {
    TRY(check_space(context, prepared.plan));
    StepInput input{.current_generation = prepared.before.generation,
                    .reason = reason(request, prepared),
                    .time = context.host.machine.now(),
                    .engine = {},
                    .containers = {},
                    .brought_images = {},
                    .kept = {},
                    .offline = context.offline,
                    .systemd_version = prepared.facts.render.systemd_version};
    TRY_ASSIGN(input.kept, kept_already(context, prepared.plan));
    const store::Generations generations(context.paths);
    TRY_ASSIGN(input.containers, generations.read_containers(prepared.before.generation));
    TRY_ASSIGN(const auto info, generations.read_info(prepared.before.generation));
    input.brought_images = info.brought_images;
    if (!context.offline) {
        TRY_ASSIGN(input.engine, context.host.engine.inventory());
    }
    return input;
}

Execution carry_out(const Context& context, const ChangeRequest& request, Prepared& prepared) {
    auto input = step_input(context, request, prepared);
    if (!input) return {.result = model::fail(input.error()), .disturbed = false};
    World world{.context = context, .readers = std::move(prepared.opened.readers)};
    auto result = run_transaction(effects_of(prepared.plan, *input, context.paths), world);
    Execution execution{.result = std::move(result), .disturbed = world.disturbed};
    for (const auto& container : input->engine.containers)
        execution.containers.insert(container.name);
    for (const auto& [name, spec] : prepared.plan.specs)
        execution.containers.insert(spec.container.podman_name);
    return execution;
}

void record(const Context& context, const ChangeRequest& request, const Prepared& prepared,
            std::chrono::steady_clock::time_point start, const Result<>& result) {
    const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(
        context.host.machine.monotonic() - start);
    const auto current = store::Generations(context.paths).current();
    // A clock that fell behind must not take the floor of certificates down with it.
    const auto clock = validity_clock(context);
    const auto written = store::append_history(
        context.paths, {.time = std::max(clock.now - duration, clock.floor),
                        .operation = request.operation,
                        .bundles = subjects(prepared.plan, prepared.before),
                        .who = context.who,
                        .generation_before = prepared.before.generation,
                        .generation_after = current.value_or(prepared.before.generation),
                        .outcome = result ? "done" : result.error().text(),
                        .exit_code = result ? 0 : model::exit_code(result.error().code()),
                        .duration_ms = duration.count(),
                        .notes = prepared.opened.notes});
    if (!written)
        context.progress.warning("the history could not be written: " + written.error().text());
}

/// Only what was confirmed raises a floor, and only what was let in below it lowers it.
void raise_floors(const Context& context, const Prepared& prepared) {
    auto floors = prepared.facts.floors;
    for (const auto& [id, bundle] : prepared.plan.result.bundles)
        floors[id] = std::max(floors[id], bundle.description.version);
    for (const auto& candidate : prepared.plan.add)
        floors[candidate.description.id] = candidate.description.version;
    if (floors == prepared.facts.floors) return;
    if (const auto written = store::write_floors(context.paths, floors); !written)
        context.progress.warning("the version floors could not be raised: " +
                                 written.error().text());
}

}  // namespace

Result<Outcome> change(const Context& context, const ChangeRequest& request) {
    const auto start = context.host.machine.monotonic();
    std::optional<store::Lock> lock;
    if (!request.dry_run) {
        TRY_ASSIGN(lock, store::Lock::acquire(context.paths, request.operation));
        const store::Generations generations(context.paths);
        TRY(generations.ensure_initial());
        TRY(generations.remove_leftovers());
    }
    TRY_ASSIGN(auto prepared, prepare(context, request));
    Outcome outcome{.plan = prepared.plan,
                    .dry_run = request.dry_run,
                    .generation_before = prepared.before.generation,
                    .generation_after = prepared.before.generation,
                    .notes = prepared.opened.notes};
    if (prepared.plan.nothing_to_do()) return outcome;
    if (request.dry_run) {
        // What would be refused before anything is done is refused here as well.
        TRY(step_input(context, request, prepared));
        return outcome;
    }

    const auto [result, disturbed, containers] = carry_out(context, request, prepared);
    if (result) outcome.generation_after = prepared.plan.result.generation;
    if (disturbed) record(context, request, prepared, start, result);
    if (!result) return model::fail(result.error());
    if (!context.offline) raise_floors(context, prepared);
    if (auto collected = collect_garbage(context, containers); !collected)
        context.progress.warning("what is no longer needed could not be removed: " +
                                 collected.error().text());
    return outcome;
}

}  // namespace agent::operations
