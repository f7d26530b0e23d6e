// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/run_hooks.hpp"

#include <nlohmann/json.hpp>

#include "agent/model/exit_code.hpp"
#include "agent/model/json_format.hpp"
#include "agent/operations/outcome_json.hpp"

namespace agent::operations {

namespace {

using model::Result;
using Json = nlohmann::ordered_json;

std::string document(const Context& context, const TransactionInfo& info, const Result<>& result,
                     const Outcome* planned) {
    const auto current = store::Generations(context.paths).current();
    const Json value{{"format", model::kJsonFormat},
                     {"transaction", info.id},
                     {"operation", info.operation},
                     {"bundles", info.bundles},
                     {"who", info.who},
                     {"generation-before", info.from},
                     {"generation-now", current.value_or(info.from)},
                     {"exit-code", result ? 0 : model::exit_code(result.error().code())},
                     {"reason", result ? Json() : Json(result.error().text())},
                     {"plan", planned == nullptr ? Json() : Json::parse(outcome_json(*planned))}};
    return value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<> ask_hooks(const Context& context, const TransactionInfo& info, const Outcome& planned) {
    if (context.offline) return {};
    return context.host.hooks.run(host::HookPoint::before, document(context, info, {}, &planned));
}

void tell_hooks(const Context& context, const TransactionInfo& info, const Result<>& result,
                const Outcome* planned) {
    if (context.offline) return;
    const auto point = result ? host::HookPoint::after : host::HookPoint::failed;
    const auto told = context.host.hooks.run(point, document(context, info, result, planned));
    if (!told) context.progress.warning(told.error().text());
}

}  // namespace agent::operations
