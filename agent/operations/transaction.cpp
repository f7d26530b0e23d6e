// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/transaction.hpp"

namespace agent::operations {

namespace {

using model::Error;
using model::ErrorCode;
using model::Result;

/// From its first effect that what runs can notice.
bool disturbs(const Effect& effect) {
    return std::holds_alternative<StopUnits>(effect) || std::holds_alternative<Activate>(effect) ||
           std::holds_alternative<StartUnits>(effect) ||
           std::holds_alternative<WatchHealth>(effect) || std::holds_alternative<NoteState>(effect);
}

Error undo_all(const std::vector<Effect>& effects, std::size_t failed, World& world, Error error) {
    bool undone = true;
    for (std::size_t i = failed + 1; i-- > 0;) {
        world.context.progress.step("undoing: " + to_string(effects[i]));
        if (auto result = undo(effects[i], world); !result) {
            undone = false;
            error = error.followed_by(
                result.error().with_context("undoing '" + to_string(effects[i]) + "'"));
            // What may still be booted keeps all that it needs.
            if (std::holds_alternative<Activate>(effects[i])) break;
        }
    }
    if (!undone) {
        if (!world.disturbed) return error;
        return {ErrorCode::rollback_failed, error.text() +
                                                "; going back failed, see 'update-agent "
                                                "status' and 'update-agent doctor'"};
    }
    return {error.code(), error.text() + (world.disturbed ? "\nundone: the old set is running again"
                                                          : "\nnothing was changed")};
}

}  // namespace

Result<> run_transaction(const std::vector<Effect>& effects, World& world) {
    for (std::size_t i = 0; i < effects.size(); ++i) {
        if (!disturbs(effects[i]) && world.context.cancelled())
            return model::fail(undo_all(effects, i, world, {ErrorCode::busy, "cancelled"}));
        world.disturbed = world.disturbed || disturbs(effects[i]);
        world.context.progress.step(to_string(effects[i]));
        if (auto result = perform(effects[i], world); !result)
            return model::fail(
                undo_all(effects, i, world, result.error().with_context(to_string(effects[i]))));
    }
    return {};
}

}  // namespace agent::operations
