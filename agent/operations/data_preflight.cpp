// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/data_preflight.hpp"

namespace agent::operations {

using model::ErrorCode;
using model::Result;

namespace {

/// An image that nobody has brought in yet cannot be mounted.
Result<> refuse_providers(const planning::FileChange& change) {
    if (change.copies.empty() && change.remove.empty()) return {};
    return model::fail(ErrorCode::conflict,
                       "file providers are at work on the machine itself, and not with --root; "
                       "change bundles that have some there");
}

}  // namespace

Result<> check_data(const Context& context, const planning::Plan& plan) {
    if (!context.offline) return {};
    if (const auto runs = planning::init_runs(plan.data); !runs.empty())
        return model::fail(ErrorCode::conflict,
                           "the init container " + runs.front().spec.container.name.value() +
                               " has to run on the machine itself, and nothing runs with --root; "
                               "install its bundle there");
    for (const auto* steps : {&plan.data.early, &plan.data.late})
        for (const auto& step : *steps)
            if (const auto* change = std::get_if<planning::FileChange>(&step))
                TRY(refuse_providers(*change));
    return {};
}

}  // namespace agent::operations
