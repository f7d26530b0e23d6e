// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agent::units {

/// One word of a command line in a unit file (systemd.service(5), "Command lines"): quoted where
/// needed, with `%`, `$`, `\`, quotes and control characters escaped, so that systemd reads exactly
/// `word` again. The only way by which a description's text reaches a unit file.
[[nodiscard]] std::string escape_word(std::string_view word);

/// The same for a value that is not a command line, such as Description=: specifiers escaped,
/// control characters replaced by spaces.
[[nodiscard]] std::string escape_value(std::string_view value);

}  // namespace agent::units
