// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace agent::cli {

/// Who runs this process, for the history: `login (uid)`, the login of sudo(8) before that of the
/// user id.
[[nodiscard]] std::string caller();

/// The same for `uid UID`, which is all that a service knows; any other text as it is.
[[nodiscard]] std::string with_login(const std::string& who);

/// Whether root runs it on somebody else's behalf.
[[nodiscard]] bool is_called_by_sudo();

}  // namespace agent::cli
