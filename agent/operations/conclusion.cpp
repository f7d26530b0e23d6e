// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/conclusion.hpp"

#include <algorithm>

#include "agent/model/exit_code.hpp"
#include "agent/operations/announcement.hpp"
#include "agent/operations/candidates.hpp"
#include "agent/operations/collect.hpp"
#include "agent/operations/kept_snapshots.hpp"
#include "agent/store/failed_sets.hpp"
#include "agent/store/history.hpp"
#include "agent/volumes/volume.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;

void warn(const Context& context, const std::string& what, const Result<>& result) {
    if (!result) context.progress.warning(what + ": " + result.error().text());
}

/// Only what was confirmed raises a floor, and only what was let in below it lowers it.
Result<> write_floors(const Context& context, const TransactionInfo& info) {
    TRY_ASSIGN(const auto floors, store::read_floors(context.paths));
    if (floors == info.floors) return {};
    return store::write_floors(context.paths, info.floors);
}

int exit_code_of(const Result<>& result) {
    return result ? 0 : model::exit_code(result.error().code());
}

/// Where it was concluded before with the same end, and only not to the end.
bool recorded(const Context& context, const std::string& transaction, const Result<>& result) {
    const auto entries = store::read_history(context.paths);
    if (!entries) return false;
    const auto last = std::find_if(entries->rbegin(), entries->rend(), [&](const auto& entry) {
        return entry.transaction == transaction;
    });
    return last != entries->rend() && last->exit_code == exit_code_of(result);
}

Result<> record(const Context& context, const Transaction& transaction, const Result<>& result,
                std::chrono::milliseconds duration) {
    const auto& info = transaction.state().info;
    const auto current = store::Generations(context.paths).current();
    // A clock that fell behind must not take the floor of certificates down with it.
    const auto clock = validity_clock(context);
    auto notes = info.notes;
    notes.insert(notes.end(), transaction.notes().begin(), transaction.notes().end());
    return store::append_history(context.paths, {.time = std::max(info.began, clock.floor),
                                                 .operation = info.operation,
                                                 .bundles = info.bundles,
                                                 .who = info.who,
                                                 .generation_before = info.from,
                                                 .generation_after = current.value_or(info.from),
                                                 .outcome = result ? "done" : result.error().text(),
                                                 .exit_code = exit_code_of(result),
                                                 .duration_ms = duration.count(),
                                                 .notes = std::move(notes),
                                                 .transaction = info.id,
                                                 .plan = info.set.hex(),
                                                 .phases = transaction.phases()});
}

/// A failure in one line: what failed, and the first of the containers that it names.
std::string in_short(const std::string& text) {
    const auto end = text.find('\n');
    std::string line = text.substr(0, end);
    if (end == std::string::npos) return line;
    const auto reason = text.substr(end + 1, text.find('\n', end + 1) - end - 1);
    return line + " " + reason.substr(std::min(reason.find_first_not_of(' '), reason.size()));
}

/// What the health of a set says of the set; space, power and a hung engine say nothing.
Result<> remember_health(const Context& context, const TransactionState& state,
                         const Result<>& result) {
    const auto& set = state.info.set;
    if (result && confirms(state)) return store::forget_failed_set(context.paths, set);
    if (!state.failure || state.failure->code() != ErrorCode::unhealthy) return {};
    return store::remember_failed_set(context.paths, {.digest = set,
                                                      .time = context.host.machine.now(),
                                                      .reason = in_short(state.failure->text())});
}

Result<> collect(const Context& context, const std::optional<std::set<std::string>>& containers) {
    return containers ? collect_garbage(context, *containers) : collect_garbage(context);
}

/// Deleting cannot be undone, so it comes when nothing is undone any more.
void purge(const Context& context, const TransactionInfo& info) {
    for (const auto& path : info.purge) {
        warn(context, "the volume " + path + " could not be deleted",
             volumes::remove(context.paths.root(), path));
        warn(context, "what is kept of the volume " + path + " could not be deleted",
             forget_snapshots(context, path));
    }
}

}  // namespace

void conclude(const Context& context, const Transaction& transaction, const Result<>& result,
              std::chrono::milliseconds duration,
              const std::optional<std::set<std::string>>& containers) {
    const auto& state = transaction.state();
    if (!context.offline) {
        if (result && confirms(state))
            warn(context, "the version floors could not be raised",
                 write_floors(context, state.info));
        warn(context, "what is known of failed sets could not be written",
             remember_health(context, state, result));
    }
    // What was undone only by now may have failed with the same code before.
    if (transaction.undid() || !recorded(context, state.info.id, result)) {
        announce_end(context, transaction, result);
        warn(context, "the history could not be written",
             record(context, transaction, result, duration));
    }
    if (!result && !undone(state)) return;
    if (result) purge(context, state.info);
    if (result || disturbed(state))
        warn(context, "what is no longer needed could not be removed",
             collect(context, containers));
    // Going back may leave some half made, also where nothing was disturbed.
    if (result || !context.offline)
        warn(context, "snapshots that are no longer needed could not be removed",
             collect_snapshots(context));
    warn(context, "the journal of the transaction could not be removed",
         store::remove_journal(context.paths));
}

}  // namespace agent::operations
