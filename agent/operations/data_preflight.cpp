// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/data_preflight.hpp"

namespace agent::operations {

using model::ErrorCode;
using model::Result;

Result<> check_data(const Context& context, const planning::Plan& plan) {
    const auto runs = planning::init_runs(plan.data);
    if (!context.offline || runs.empty()) return {};
    return model::fail(ErrorCode::conflict,
                       "the init container " + runs.front().spec.container.name.value() +
                           " has to run on the machine itself, and nothing runs with --root; "
                           "install its bundle there");
}

}  // namespace agent::operations
