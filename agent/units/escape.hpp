// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace agent::units {

/// One word of a command line in a unit file (systemd.service(5), "Command lines"): quoted where
/// needed, with `%`, `$`, `\`, quotes and control characters escaped, so that systemd reads exactly
/// `word` again. NUL, which no argument can hold, is left out. The only way by which a
/// description's text reaches a command line.
[[nodiscard]] std::string escape_word(std::string_view word);

/// The same for a value that is not a command line, such as Description=: specifiers escaped,
/// control characters replaced by spaces.
[[nodiscard]] std::string escape_value(std::string_view value);

/// The same for a path in a list such as RequiresMountsFor=, where `$` and escapes of control
/// characters mean nothing: those become spaces.
[[nodiscard]] std::string escape_path(std::string_view path);

/// The same for a unit name in a list such as After=. A valid name stays as it is; every byte that
/// no unit name can have becomes `\xNN`, as by systemd-escape(1).
[[nodiscard]] std::string escape_unit_name(std::string_view name);

/// Name of the unit that mounts something on this absolute path, as by `systemd-escape --path
/// --suffix=mount`.
[[nodiscard]] std::string mount_unit_name(std::string_view path);

}  // namespace agent::units
