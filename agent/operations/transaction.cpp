// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/transaction.hpp"

#include "agent/model/overloaded.hpp"
#include "agent/operations/announcement.hpp"
#include "agent/operations/operation_lock.hpp"
#include "agent/operations/restoration.hpp"

namespace agent::operations {

namespace {

using model::Error;
using model::ErrorCode;
using model::Result;

}  // namespace

std::string_view phase_of(const Effect& effect) {
    constexpr std::string_view kAcquire = "acquire";
    constexpr std::string_view kStage = "stage";
    constexpr std::string_view kInit = "init";
    constexpr std::string_view kSwitch = "switch";
    return std::visit(model::Overloaded{
                          [&](const KeepBundle&) { return kAcquire; },
                          [&](const AttachImages&) { return kAcquire; },
                          [&](const InstallPackages&) { return kAcquire; },
                          [&](const BringImage&) { return kAcquire; },
                          [&](const PullImage&) { return kAcquire; },
                          [&](const NameImage&) { return kAcquire; },
                          [&](const SyncEngineStore&) { return kStage; },
                          [&](const PrepareVolume&) { return kStage; },
                          [&](const CreateContainer&) { return kStage; },
                          [&](const RecreateContainers&) { return kSwitch; },
                          [&](const WriteGeneration&) { return kStage; },
                          [&](const SnapshotVolume&) { return kInit; },
                          [&](const CheckFiles&) { return kInit; },
                          [&](const ChangeFiles&) { return kInit; },
                          [&](const RestoreVolume&) { return kInit; },
                          [&](const RunInit&) { return kInit; },
                          [&](const NoteActive&) { return kSwitch; },
                          [&](const HoldUnits&) { return kSwitch; },
                          [&](const StopUnits&) { return kSwitch; },
                          [&](const Activate&) { return kSwitch; },
                          [&](const StartUnits&) { return kSwitch; },
                          [](const WatchHealth&) { return std::string_view("verify"); },
                          [](const NoteState&) { return std::string_view("confirm"); },
                      },
                      effect);
}

Result<Transaction> Transaction::begin(World& world, TransactionInfo info,
                                       std::vector<Effect> effects) {
    TRY_ASSIGN(auto journal,
               store::Journal::begin(world.context.paths, begin_record(info, effects)));
    announce(world.context, info, host::Happening::begun);
    TransactionState state;
    state.info = std::move(info);
    state.effects = std::move(effects);
    return Transaction(world, std::move(state), std::move(journal));
}

Result<Transaction> Transaction::resume(World& world, TransactionState state) {
    TRY_ASSIGN(auto journal, store::Journal::reopen(world.context.paths));
    // A judgement is begun to be ended by another process.
    if (state.info.operation != kConfirmOperation)
        announce(world.context, state.info, host::Happening::resumed);
    const bool rebooted = state.info.boot != world.context.host.machine.boot_id();
    world.seen = rebooted ? after_boot(state.seen) : state.seen;
    return Transaction(world, std::move(state), std::move(journal));
}

Result<> Transaction::go_on() {
    while (state_.done < state_.effects.size()) {
        const auto index = state_.done;
        if (auto result = do_effect(index); !result)
            return model::fail(
                go_back(result.error().with_context(to_string(state_.effects[index]))));
    }
    // What follows can be done again, so that a journal that fails now changes nothing.
    warn(journal_.sync());
    inhibition_.reset();
    return {};
}

/// Before the switch a cancellation is a failure like any other; after it, it comes too late.
Result<> Transaction::may_begin(const Effect& effect) {
    if (!world_.context.cancelled()) return {};
    if (!disturbs(effect) && !disturbed(state_)) return model::fail(ErrorCode::busy, "cancelled");
    if (!told_of_cancelling_)
        world_.context.progress.warning(
            "the switch is under way and is not cancelled; it goes back by itself if the new set "
            "does not become healthy");
    told_of_cancelling_ = true;
    return {};
}

/// What is seen to run is not started or stopped by anybody else until it was judged.
Result<> Transaction::hold_units(const Effect& effect) {
    const bool touches = disturbs(effect) || std::holds_alternative<NoteActive>(effect);
    return touches && world_.lock != nullptr ? world_.lock->take_units_back(world_.context)
                                             : Result<>();
}

Result<> Transaction::do_effect(std::size_t index) {
    const auto& effect = state_.effects[index];
    TRY(hold_units(effect));
    if (disturbs(effect)) hold_shutdown();
    TRY(may_begin(effect));
    TRY(journal_.append(doing_record(index)));
    TRY(journal_.sync());
    state_.begun = std::max(state_.begun, index + 1);
    world_.context.progress.effect(phase_of(effect), index, state_.effects.size());
    world_.context.progress.step(to_string(effect));
    const auto start = world_.context.host.machine.monotonic();
    const auto result = perform(effect, world_);
    count(effect, start);
    if (!result) return result;
    if (std::holds_alternative<NoteActive>(effect)) {
        state_.seen = world_.seen;
        TRY(journal_.append(seen_record(world_.seen)));
    }
    // Lost in a power cut, it was not done: it is undone then, or done once more.
    TRY(journal_.append(done_record(index)));
    state_.done = index + 1;
    return {};
}

/// Undoes those effects, and returns those that could not be undone. Ends at a switch that stays:
/// what may still be booted keeps all that it needs.
std::vector<std::size_t> Transaction::undo_each(const std::vector<std::size_t>& effects,
                                                std::vector<Error>& errors) {
    std::vector<std::size_t> failed;
    std::size_t looked_at = 0;
    for (const auto index : effects) {
        const auto& effect = state_.effects[index];
        world_.context.progress.effect("undo", looked_at++, effects.size());
        world_.context.progress.step("undoing: " + to_string(effect));
        if (auto result = undo(effect, world_); !result) {
            errors.push_back(result.error().with_context("undoing '" + to_string(effect) + "'"));
            failed.push_back(index);
            if (is_switch(effect)) break;
            continue;
        }
        state_.undone.insert(index);
        note(undone_record(index));
    }
    return failed;
}

Error Transaction::go_back(Error reason) {
    if (disturbed(state_)) hold_shutdown();
    announce(world_.context, state_.info, host::Happening::going_back, reason.text());
    if (!state_.failure) note(failure_record(reason));
    state_.failure = state_.failure.value_or(reason);
    std::vector<std::size_t> left;
    for (std::size_t i = state_.begun; i-- > 0;)
        if (state_.undone.count(i) == 0) left.push_back(i);
    std::vector<Error> errors;
    left = undo_each(left, errors);
    const bool switched = !left.empty() && is_switch(state_.effects[left.back()]);
    if (!left.empty() && !switched) {
        // What was undone after it may have made the room that it lacked.
        errors.clear();
        left = undo_each(left, errors);
    }
    auto error = std::move(reason);
    for (const auto& each : errors)
        error = error.followed_by(each);
    const bool noticed = disturbed(state_);
    bool back = left.empty();
    if (back && noticed) {
        if (auto result = check_restored(state_.info.from, world_); !result) {
            back = false;
            error = error.followed_by(result.error());
        }
    }
    if (!back && !noticed) return error;
    if (!back)
        return {ErrorCode::rollback_failed, error.text() +
                                                "; going back failed, see 'update-agent "
                                                "status' and 'update-agent doctor'"};
    if (!switches(state_)) return error;
    if (!noticed) return {error.code(), error.text() + "\nnothing was changed"};
    return {error.code(),
            error.text() + (world_.booting ? "\nundone: the old set is started"
                                           : "\nundone: the old set is running again")};
}

/// Where nobody can be asked, a shutdown interrupts it, which is settled at the next boot.
void Transaction::hold_shutdown() {
    if (inhibition_ || world_.context.offline || world_.booting) return;
    auto held = world_.context.host.services.inhibit_shutdown(
        "the installed bundles are being switched over (" + state_.info.operation + ")");
    if (held) inhibition_ = std::move(*held);
}

/// On the way back a journal that cannot be written keeps nothing from being undone: undoing may
/// be done again.
void Transaction::note(const std::string& record) {
    auto result = journal_.append(record);
    if (result) result = journal_.sync();
    warn(result);
}

void Transaction::warn(const Result<>& result) {
    if (!result)
        world_.context.progress.warning("the journal of the transaction could not be written: " +
                                        result.error().text());
}

void Transaction::count(const Effect& effect, std::chrono::steady_clock::time_point since) {
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(
        world_.context.host.machine.monotonic() - since);
    const std::string phase(phase_of(effect));
    if (phases_.empty() || phases_.back().name != phase) phases_.push_back({.name = phase});
    phases_.back().duration_ms += spent.count();
}

}  // namespace agent::operations
