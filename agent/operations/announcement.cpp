// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/announcement.hpp"

#include <algorithm>

#include "agent/model/exit_code.hpp"

namespace agent::operations {

namespace {

using host::Happening;

host::Event event_of(const Context& context, const TransactionInfo& info, Happening what) {
    const auto current = store::Generations(context.paths).current();
    return {.what = what,
            .transaction = info.id,
            .operation = info.operation,
            .bundles = info.bundles,
            .generation_before = info.from,
            .generation_now = current.value_or(info.from),
            .who = info.who};
}

}  // namespace

void announce(const Context& context, const TransactionInfo& info, Happening what,
              const std::string& reason) {
    if (context.offline) return;
    auto event = event_of(context, info, what);
    event.reason = reason;
    context.host.events.write(event);
}

void announce_end(const Context& context, const Transaction& transaction,
                  const model::Result<>& result) {
    if (context.offline) return;
    const auto& state = transaction.state();
    const bool back =
        undone(state) && (result || result.error().code() != model::ErrorCode::rollback_failed);
    auto event = event_of(context, state.info,
                          result ? Happening::done
                          : back ? Happening::undone
                                 : Happening::stuck);
    if (!state.effects.empty())
        event.phase = phase_of(state.effects[std::min(state.done, state.effects.size() - 1)]);
    if (!result) {
        event.exit_code = model::exit_code(result.error().code());
        event.reason = result.error().text();
    }
    context.host.events.write(event);
}

}  // namespace agent::operations
