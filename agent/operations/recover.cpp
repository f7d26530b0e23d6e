// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/recover.hpp"

#include <functional>

#include "agent/model/unit_name.hpp"
#include "agent/operations/conclusion.hpp"
#include "agent/operations/kept_snapshots.hpp"
#include "agent/operations/operation_lock.hpp"
#include "agent/operations/run_hooks.hpp"
#include "agent/store/journal.hpp"

namespace agent::operations {

namespace {

using model::Error;
using model::ErrorCode;
using model::Result;

Error interruption(const TransactionState& state) {
    if (state.failure) return *state.failure;
    if (state.boots > kBootsToConfirm)
        return {ErrorCode::internal,
                "it was not confirmed within " + std::to_string(kBootsToConfirm) + " boots"};
    return {ErrorCode::internal, "it was interrupted"};
}

/// It was begun by another process, maybe before the last boot: only the clock knows.
std::chrono::milliseconds since_begin(const Context& context, const TransactionInfo& info) {
    const auto span = context.host.machine.now() - info.began;
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::duration_cast<std::chrono::milliseconds>(span));
}

/// Another boot with a set that nobody has judged yet.
Result<> count_boot(const Context& context, TransactionState& state) {
    TRY_ASSIGN(auto journal, store::Journal::reopen(context.paths));
    TRY(journal.append(boot_record()));
    TRY(journal.sync());
    ++state.boots;
    return {};
}

/// For people; what is decided by is in the journal.
Result<> note_boots(const Context& context, const TransactionState& state) {
    const store::Generations generations(context.paths);
    TRY_ASSIGN(auto noted, generations.read_state(state.info.to));
    noted.boots = state.boots;
    return generations.write_state(state.info.to, noted);
}

/// Hooks are told of what changes the set.
void finish(const Context& context, const Transaction& transaction, const Result<>& result) {
    const auto& state = transaction.state();
    conclude(context, transaction, result, since_begin(context, state.info), std::nullopt);
    if (switches(state)) tell_hooks(context, state.info, result, nullptr);
}

Result<Settled> go_back(const Context& context, Transaction& transaction) {
    const auto reason = interruption(transaction.state());
    const auto error = transaction.go_back(reason);
    const auto& state = transaction.state();
    finish(context, transaction, model::fail(error));
    if (!undone(state)) return model::fail(error);
    return Settled{.info = state.info, .how = Settled::How::undone, .failure = error};
}

Result<Settled> go_on(const Context& context, Transaction& transaction) {
    const auto result = transaction.go_on();
    const auto& state = transaction.state();
    finish(context, transaction, result);
    if (result) return Settled{.info = state.info, .how = Settled::How::finished, .failure = {}};
    if (!undone(state)) return model::fail(result.error());
    return Settled{.info = state.info, .how = Settled::How::undone, .failure = result.error()};
}

/// Another boot than the one it began in, and nothing of any set was started in this one.
Result<bool> is_booting(const Context& context, const TransactionState& state) {
    if (context.offline || state.info.boot == context.host.machine.boot_id()) return false;
    TRY_ASSIGN(const auto states,
               context.host.services.states({std::string(model::kInstalledBundlesTarget)}));
    return states.front().invocation_id.empty();
}

/// What the journal says, unless the link says otherwise: its last records may be lost.
Result<NextStep> step_of(const Context& context, const TransactionState& state) {
    const auto step = next_step(state);
    if (step != NextStep::go_on || !switches(state)) return step;
    TRY_ASSIGN(const auto current, store::Generations(context.paths).current());
    return current == state.info.to ? step : NextStep::go_back;
}

Result<Settled> settle_state(const Context& context, TransactionState state, bool booting) {
    TRY_ASSIGN(auto step, step_of(context, state));
    const bool waits = booting && !recreates(state);
    if (waits && step == NextStep::go_on) {
        TRY(count_boot(context, state));
        if (const auto noted = note_boots(context, state); !noted)
            context.progress.warning("noting the boots of generation " +
                                     std::to_string(state.info.to) + ": " + noted.error().text());
        TRY_ASSIGN(step, step_of(context, state));
    }
    if (step == NextStep::go_on && waits)
        return Settled{
            .info = state.info, .how = Settled::How::to_be_confirmed, .failure = std::nullopt};
    World world{.context = context, .readers = {}, .booting = booting};
    TRY_ASSIGN(auto transaction, Transaction::resume(world, std::move(state)));
    return step == NextStep::go_back ? go_back(context, transaction) : go_on(context, transaction);
}

/// What runs on a machine is nothing that another one can undo.
Result<> expect_own(const Context& context, const TransactionInfo& info) {
    if (!context.offline || info.offline) return {};
    return model::fail(ErrorCode::conflict,
                       "the " + info.operation +
                           " was under way on the machine itself, which settles it when it is "
                           "booted from " +
                           context.paths.root().string());
}

using AskBooting = std::function<Result<bool>(const TransactionState&)>;

Result<std::optional<Settled>> settle_journal(const Context& context, const AskBooting& ask) {
    TRY_ASSIGN(const auto records, store::read_journal(context.paths));
    if (!records) return std::optional<Settled>();
    if (records->empty()) {
        TRY(store::remove_journal(context.paths));
        return std::optional<Settled>();
    }
    const auto settled = [&]() -> Result<Settled> {
        TRY_ASSIGN(auto state, replay(*records));
        TRY(expect_own(context, state.info));
        TRY_ASSIGN(const bool booting, ask(state));
        return settle_state(context, std::move(state), booting);
    }();
    if (settled) return std::optional(*settled);
    return model::fail(settled.error().with_context("settling an interrupted operation"));
}

/// " of base 1.1.0, view 2.1.0".
std::string bundles_of(const Settled& settled) {
    const auto& bundles = settled.info.bundles;
    std::string text;
    for (const auto& bundle : bundles)
        text += (text.empty() ? " of " : ", ") + bundle;
    return text;
}

}  // namespace

std::string_view to_string(Settled::How how) {
    switch (how) {
        case Settled::How::undone:
            return "undone";
        case Settled::How::finished:
            return "finished";
        case Settled::How::to_be_confirmed:
            return "to-be-confirmed";
    }
    return {};
}

std::string to_string(const Settled& settled) {
    // A judgement is begun by startup to be ended by confirm: nothing was interrupted.
    const bool judged = settled.info.operation == kConfirmOperation;
    const std::string what =
        (judged ? "the set" : "the interrupted " + settled.info.operation) + bundles_of(settled);
    switch (settled.how) {
        case Settled::How::undone:
            return what + (judged ? " stays, and was not confirmed" : " was undone") +
                   (settled.failure ? ": " + settled.failure->text() : std::string());
        case Settled::How::finished:
            return what + (judged ? " was confirmed" : " was finished");
        case Settled::How::to_be_confirmed:
            return what + " is to be confirmed once its bundles run";
    }
    return what;
}

Result<> remove_leftovers(const Context& context) {
    TRY(store::Generations(context.paths).remove_leftovers());
    // Whatever keeps one from going must not keep anybody from changing the set.
    if (const auto collected = collect_snapshots(context); !collected)
        context.progress.warning("snapshots that are no longer needed could not be removed: " +
                                 collected.error().text());
    return context.offline ? Result<>() : context.host.engine.remove_leftovers();
}

Result<std::optional<Settled>> settle(const Context& context) {
    return settle_journal(context, [](const TransactionState&) { return Result<bool>(false); });
}

Result<std::optional<Settled>> recover(const Context& context) {
    TRY_ASSIGN(const auto lock, OperationLock::acquire(context, "recover"));
    auto settled = settle_journal(
        context, [&](const TransactionState& state) { return is_booting(context, state); });
    // While it is not settled to its end, the way back is one of them.
    if (settled && !store::has_journal(context.paths)) TRY(remove_leftovers(context));
    return settled;
}

}  // namespace agent::operations
