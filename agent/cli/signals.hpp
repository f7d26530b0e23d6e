// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace agent::cli {

/// From here on SIGINT and SIGTERM ask for cancellation instead of ending the process, and SIGHUP
/// and SIGPIPE do nothing: a lost terminal ends no operation.
void catch_signals();
/// From here on SIGTERM just ends the program, which has nothing to finish.
void end_at_once();

/// Whether SIGINT or SIGTERM came.
[[nodiscard]] bool cancellation_requested();
/// How often they came.
[[nodiscard]] unsigned cancellation_requests();

}  // namespace agent::cli
