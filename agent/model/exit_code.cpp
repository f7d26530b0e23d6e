// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/exit_code.hpp"

#include <algorithm>

namespace agent::model {

int exit_code(ErrorCode error) {
    const auto* row = std::find_if(kExitCodes.begin(), kExitCodes.end(),
                                   [error](const ExitCode& each) { return each.error == error; });
    return row->status;
}

ErrorCode error_of_status(int status) {
    const auto* row =
        std::find_if(kExitCodes.begin(), kExitCodes.end(),
                     [status](const ExitCode& each) { return each.status == status; });
    return row == kExitCodes.end() ? ErrorCode::internal : row->error;
}

}  // namespace agent::model
