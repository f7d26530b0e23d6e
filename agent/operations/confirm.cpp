// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/confirm.hpp"

#include "agent/operations/change.hpp"
#include "agent/operations/operation_lock.hpp"
#include "agent/store/generations.hpp"

namespace agent::operations {

namespace {

using model::Error;
using model::ErrorCode;
using model::Result;

Result<std::optional<Settled>> settle_alone(const Context& context) {
    const auto lock = OperationLock::acquire(context, "confirm");
    if (!lock && lock.error().code() == ErrorCode::busy) return std::optional<Settled>();
    if (!lock) return model::fail(lock.error());
    return settle(context);
}

/// The newest kept generation that was confirmed, with another set than the current one's.
Result<std::optional<unsigned>> last_confirmed(const store::Generations& generations) {
    TRY_ASSIGN(const auto set, generations.installed());
    TRY_ASSIGN(const auto numbers, generations.list());
    for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
        if (*number == 0 || *number >= set.generation) continue;
        TRY_ASSIGN(const auto state, generations.read_state(*number));
        if (!state.confirmed) continue;
        TRY_ASSIGN(const auto earlier, generations.read_set(*number));
        if (earlier.bundles != set.bundles) return std::optional(*number);
    }
    return std::optional<unsigned>();
}

Result<std::optional<unsigned>> put_back_last_confirmed(const Context& context) {
    TRY_ASSIGN(const auto number, last_confirmed(store::Generations(context.paths)));
    if (!number) return number;
    TRY(change(context, {.operation = "rollback",
                         .install = {},
                         .remove = {},
                         .restore = Restore{.generation = number}}));
    return number;
}

/// It has no switch of its own to take back.
Error leave_offline_set(const Context& context, const Error& failure) {
    const auto restored = put_back_last_confirmed(context);
    if (!restored)
        return {ErrorCode::rollback_failed,
                failure.followed_by(restored.error()).text() + "; going back failed"};
    if (!*restored) return failure;
    return {failure.code(), failure.text() + "\nthe set of generation " +
                                std::to_string(**restored) + " was put back"};
}

}  // namespace

Result<std::optional<Settled>> confirm(const Context& context) {
    auto settled = settle_alone(context);
    if (!settled || !*settled || !(*settled)->failure) return settled;
    const auto& failure = *(*settled)->failure;
    if ((*settled)->info.operation == kConfirmOperation && failure.code() == ErrorCode::unhealthy)
        return model::fail(leave_offline_set(context, failure));
    return model::fail(failure);
}

}  // namespace agent::operations
