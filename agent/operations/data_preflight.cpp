// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/data_preflight.hpp"

namespace agent::operations {

using model::ErrorCode;
using model::Result;

Result<> check_data(const Context& context, const planning::Plan& plan) {
    const auto& data = plan.data;
    if (!context.offline || (data.early.empty() && data.late.empty())) return {};
    const auto& first = data.early.empty() ? data.late.front() : data.early.front();
    return model::fail(ErrorCode::conflict,
                       "the init container " + first.spec.container.name.value() +
                           " has to run on the machine itself, and nothing runs with --root; "
                           "install its bundle there");
}

}  // namespace agent::operations
