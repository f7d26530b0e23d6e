// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/change.hpp"

#include <algorithm>
#include <set>

#include "agent/operations/conclusion.hpp"
#include "agent/operations/data_preflight.hpp"
#include "agent/operations/device_users.hpp"
#include "agent/operations/facts.hpp"
#include "agent/operations/install_packages.hpp"
#include "agent/operations/kept_snapshots.hpp"
#include "agent/operations/operation_lock.hpp"
#include "agent/operations/recover.hpp"
#include "agent/operations/recreate.hpp"
#include "agent/operations/rollback.hpp"
#include "agent/operations/run_hooks.hpp"
#include "agent/operations/scope_texts.hpp"
#include "agent/operations/space_check.hpp"
#include "agent/operations/steps.hpp"
#include "agent/operations/transaction.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;

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

/// All that is wrong with them comes together.
Result<std::vector<volumes::Former>> look_at_volumes(const Context& context,
                                                     const planning::Plan& plan) {
    std::vector<volumes::Former> found;
    std::optional<model::Error> first;
    for (const auto& volume : plan.volumes) {
        auto former = volumes::look(context.paths.root(), volume.host_path);
        if (former) {
            found.push_back(std::move(*former));
            continue;
        }
        auto error = former.error().with_context(volume.label);
        first = first ? first->followed_by(error) : error;
    }
    if (first) return model::fail(*first);
    return found;
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

/// Ids whose directory an earlier generation keeps.
Result<std::vector<model::BundleId>> kept_already(const Context& context,
                                                  const planning::Plan& plan) {
    const store::Generations generations(context.paths);
    std::vector<model::InstalledSet> kept_sets;
    TRY_ASSIGN(const auto numbers, generations.list());
    for (const auto number : numbers)
        if (auto set = generations.read_set(number)) kept_sets.push_back(std::move(*set));
    std::vector<model::BundleId> kept;
    for (const auto& candidate : plan.add) {
        if (candidate.kept) continue;
        TRY_ASSIGN(const bool by_generation, kept_by_generation(candidate, kept_sets));
        if (by_generation) kept.push_back(candidate.description.id);
    }
    return kept;
}

struct Prepared {
    model::InstalledSet before;
    planning::Plan plan;
    planning::MachineFacts facts;
    OpenedBundles opened;
    /// Generation whose set is put back.
    std::optional<unsigned> restored;
    /// Read only where there is something to do.
    host::Inventory engine;
    planning::SpaceNeeded space;
};

Result<Prepared> prepare(const Context& context, const ChangeRequest& request) {
    Prepared prepared;
    const store::Generations generations(context.paths);
    TRY_ASSIGN(prepared.before, generations.installed());
    TRY_ASSIGN(prepared.opened, open_bundles(context, request.install));
    planning::Request wanted{.add = prepared.opened.candidates,
                             .remove = request.remove,
                             .allow_downgrade = request.allow_downgrade,
                             .allow_signer_change = request.allow_signer_change,
                             .retry = request.retry,
                             .purge = request.purge};
    if (request.restore) {
        TRY_ASSIGN(auto back, way_back(context, prepared.before, request.restore->generation));
        prepared.restored = back.generation;
        wanted.restored = back.generation;
        TRY_ASSIGN(wanted.restores, kept_snapshots(context, back.generation));
        wanted.add = std::move(back.candidates);
        wanted.remove = std::move(back.remove);
    }
    TRY_ASSIGN(prepared.facts, gather_facts(context, wanted.add));
    TRY_ASSIGN(prepared.facts.texts, installed_texts(context, prepared.before, wanted.add));
    if (request.install_host_packages) {
        TRY_ASSIGN(prepared.facts.packages, propose_packages(context, prepared.before, wanted.add));
    }
    auto plan = planning::make_plan(prepared.before, wanted, prepared.facts);
    if (!plan) return model::fail(model::to_error(plan.error()));
    prepared.plan = std::move(*plan);
    if (!context.offline && !prepared.plan.nothing_to_do()) {
        TRY_ASSIGN(prepared.engine, context.host.engine.inventory());
    }
    TRY_ASSIGN(prepared.space, space_needed(context, prepared.plan, prepared.engine));
    return prepared;
}

std::string reason(const ChangeRequest& request, const Prepared& prepared) {
    std::string text = request.operation;
    if (prepared.restored) text += " to generation " + std::to_string(*prepared.restored) + ":";
    for (const auto& name : subjects(prepared.plan, prepared.before))
        text += " " + name;
    return text;
}

/// Only what is confirmed raises a floor, and only what is let in below it lowers it. What is put
/// back does neither.
store::Floors floors_after(const Prepared& prepared) {
    auto floors = prepared.facts.floors;
    if (prepared.restored) return floors;
    for (const auto& [id, bundle] : prepared.plan.result.bundles)
        floors[id] = std::max(floors[id], bundle.description.version);
    for (const auto& candidate : prepared.plan.add)
        floors[candidate.description.id] = candidate.description.version;
    return floors;
}

/// What was let in that is refused otherwise.
std::vector<std::string> notes_of(const Prepared& prepared) {
    auto notes = prepared.opened.notes;
    if (prepared.restored)
        notes.push_back("the set of generation " + std::to_string(*prepared.restored) +
                        " was put back");
    if (const auto& packages = prepared.plan.host_packages.packages; !packages.empty())
        notes.push_back("with the Debian packages " + to_string(packages) +
                        ", by --install-host-packages");
    for (const auto& candidate : prepared.plan.add) {
        const auto& description = candidate.description;
        const auto floor = prepared.facts.floors.find(description.id);
        if (candidate.kept || floor == prepared.facts.floors.end()) continue;
        if (description.version < floor->second)
            notes.push_back(named(description) + ": let in below " + floor->second.to_string() +
                            " by --allow-downgrade");
    }
    return notes;
}

TransactionInfo transaction_info(const Context& context, const ChangeRequest& request,
                                 const Prepared& prepared) {
    return {.id = context.host.machine.new_id(),
            .operation = request.operation,
            .bundles = subjects(prepared.plan, prepared.before),
            .who = context.who,
            .began = context.host.machine.now(),
            .boot = context.host.machine.boot_id(),
            .offline = context.offline,
            .from = prepared.before.generation,
            .to = prepared.plan.result.generation,
            .set = prepared.plan.digest,
            .floors = floors_after(prepared),
            .notes = notes_of(prepared),
            .purge = prepared.plan.purge};
}

Result<StepInput> step_input(const Context& context, const ChangeRequest& request,
                             const Prepared& prepared) {
    TRY(check_data(context, prepared.plan));
    TRY(check_space(context, prepared.plan, prepared.space));
    StepInput input{.current_generation = prepared.before.generation,
                    .reason = reason(request, prepared),
                    .time = context.host.machine.now(),
                    .engine = prepared.engine,
                    .containers = {},
                    .brought_images = {},
                    .kept = {},
                    .offline = context.offline,
                    .systemd_version = prepared.facts.render.systemd_version};
    TRY_ASSIGN(input.kept, kept_already(context, prepared.plan));
    TRY_ASSIGN(input.volumes, look_at_volumes(context, prepared.plan));
    if (!context.offline)
        input.outdated =
            outdated_containers(context.host, prepared.plan, prepared.before, prepared.engine);
    input.volume_roots = context.configuration.volume_roots;
    const store::Generations generations(context.paths);
    TRY_ASSIGN(input.containers, generations.read_containers(prepared.before.generation));
    TRY_ASSIGN(const auto info, generations.read_info(prepared.before.generation));
    input.brought_images = info.brought_images;
    return input;
}

/// Our containers in the engine after a success.
std::set<std::string> containers_after(const planning::Plan& plan, const StepInput& input) {
    std::set<std::string> names;
    for (const auto& container : input.engine.containers)
        names.insert(container.name);
    for (const auto& [name, spec] : plan.specs)
        names.insert(spec.container.podman_name);
    return names;
}

Result<> carry_out(const Context& context, const ChangeRequest& request, Prepared& prepared,
                   const Outcome& planned, OperationLock& lock) {
    const auto start = context.host.machine.monotonic();
    TRY_ASSIGN(const auto input, step_input(context, request, prepared));
    auto info = transaction_info(context, request, prepared);
    TRY(ask_hooks(context, info, planned));
    context.progress.plan(planned);
    World world{.context = context, .lock = &lock, .readers = std::move(prepared.opened.readers)};
    TRY_ASSIGN(auto transaction,
               Transaction::begin(world, std::move(info), effects_of(prepared.plan, input)));
    auto result = transaction.go_on();
    const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(
        context.host.machine.monotonic() - start);
    conclude(context, transaction, result, duration, containers_after(prepared.plan, input));
    tell_hooks(context, transaction.state().info, result, &planned);
    return result;
}

/// What another command left unsettled. What became of it is worth knowing, and no hindrance.
Result<> settle_before(const Context& context) {
    TRY_ASSIGN(const auto settled, settle(context));
    if (settled) context.progress.warning(to_string(*settled));
    TRY(store::Generations(context.paths).ensure_initial());
    return remove_leftovers(context);
}

}  // namespace

Result<Outcome> change(const Context& context, const ChangeRequest& request) {
    std::optional<OperationLock> lock;
    if (!request.dry_run) {
        TRY_ASSIGN(auto acquired, OperationLock::acquire_set(context, request.operation));
        lock.emplace(std::move(acquired));
        if (store::has_journal(context.paths)) TRY(lock->take_units_back(context));
        TRY(settle_before(context));
        lock->lend_units();
    } else if (store::has_journal(context.paths)) {
        context.progress.warning("an operation was interrupted, and is settled before this one");
    }
    TRY_ASSIGN(auto prepared, prepare(context, request));
    Outcome outcome{.plan = prepared.plan,
                    .space = prepared.space,
                    .dry_run = request.dry_run,
                    .generation_before = prepared.before.generation,
                    .generation_after = prepared.before.generation,
                    .restored = prepared.restored,
                    .notes = prepared.opened.notes};
    if (prepared.plan.nothing_to_do()) return outcome;
    if (request.dry_run) {
        // What would be refused before anything is done is refused here as well.
        TRY(step_input(context, request, prepared));
        return outcome;
    }
    TRY(carry_out(context, request, prepared, outcome, *lock));
    outcome.generation_after = prepared.plan.result.generation;
    if (context.offline) return outcome;
    if (const auto recreated = recreate_what_changed_meanwhile(context); !recreated)
        context.progress.warning("a device changed meanwhile: " + recreated.error().text());
    return outcome;
}

}  // namespace agent::operations
