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

/// Undoes those effects, and returns those that could not be undone. Ends at a switch that stays:
/// what may still be booted keeps all that it needs.
std::vector<const Effect*> undo_each(const std::vector<const Effect*>& effects, World& world,
                                     std::vector<Error>& errors) {
    std::vector<const Effect*> failed;
    for (const auto* effect : effects) {
        world.context.progress.step("undoing: " + to_string(*effect));
        if (auto result = undo(*effect, world); !result) {
            errors.push_back(result.error().with_context("undoing '" + to_string(*effect) + "'"));
            failed.push_back(effect);
            if (std::holds_alternative<Activate>(*effect)) break;
        }
    }
    return failed;
}

Error undo_all(const std::vector<Effect>& effects, std::size_t failed, World& world, Error error) {
    std::vector<const Effect*> left;
    for (std::size_t i = failed + 1; i-- > 0;)
        left.push_back(&effects[i]);
    std::vector<Error> errors;
    left = undo_each(left, world, errors);
    const bool switched = !left.empty() && std::holds_alternative<Activate>(*left.back());
    if (!left.empty() && !switched) {
        // What was undone after it may have made the room that it lacked.
        errors.clear();
        left = undo_each(left, world, errors);
    }
    bool undone = left.empty();
    for (const auto& each : errors)
        error = error.followed_by(each);
    if (undone && world.disturbed) {
        if (auto result = check_restored(world); !result) {
            undone = false;
            error = error.followed_by(result.error());
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
