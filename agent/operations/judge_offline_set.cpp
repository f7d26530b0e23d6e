// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/judge_offline_set.hpp"

#include <algorithm>

#include "agent/operations/operation_lock.hpp"
#include "agent/operations/steps.hpp"
#include "agent/operations/transaction.hpp"
#include "agent/planning/set_digest.hpp"

namespace agent::operations {

namespace {

using model::Result;

TransactionInfo info_of(const Context& context, const model::InstalledSet& set,
                        store::Floors floors) {
    auto& machine = context.host.machine;
    TransactionInfo info{.id = machine.new_id(),
                         .operation = std::string(kConfirmOperation),
                         .bundles = {},
                         .who = context.who,
                         .began = machine.now(),
                         .boot = machine.boot_id(),
                         .offline = false,
                         .from = set.generation,
                         .to = set.generation,
                         .set = planning::set_digest(set),
                         .floors = std::move(floors),
                         .notes = {}};
    for (const auto& [id, bundle] : set.bundles) {
        const auto& version = bundle.description.version;
        info.bundles.push_back(id.value() + " " + version.to_string());
        info.floors[id] = std::max(info.floors[id], version);
    }
    return info;
}

}  // namespace

Result<> judge_offline_set(const Context& context) {
    const store::Generations generations(context.paths);
    TRY_ASSIGN(const auto current, generations.current());
    TRY_ASSIGN(const auto state, generations.read_state(current));
    if (state.confirmed) return {};
    TRY_ASSIGN(const auto lock, OperationLock::acquire(context, "startup"));
    TRY_ASSIGN(const auto set, generations.installed());
    // Whoever held the lock until now may have changed it.
    if (set.bundles.empty() || set.generation != current || store::has_journal(context.paths))
        return {};
    TRY_ASSIGN(auto floors, store::read_floors(context.paths));
    World world{.context = context, .readers = {}};
    TRY_ASSIGN(const auto transaction,
               Transaction::begin(world, info_of(context, set, std::move(floors)),
                                  {watch_all(set), NoteState{.generation = set.generation,
                                                             .state = {.confirmed = true}}}));
    return {};
}

}  // namespace agent::operations
