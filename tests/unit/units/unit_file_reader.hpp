// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What systemd makes of the text of a unit file, written from systemd.syntax(7), systemd.unit(5)
/// and systemd.service(5): the other side of the escaping. Strict: what we never write, such as a
/// specifier or a variable, is no value at all.
namespace unit_file_reader {

/// The arguments that the command's process gets.
[[nodiscard]] std::optional<std::vector<std::string>> read_command_line(std::string_view line);

/// The value of a key such as Description=.
[[nodiscard]] std::optional<std::string> read_value(std::string_view line);

/// The paths of a key such as RequiresMountsFor=.
[[nodiscard]] std::optional<std::vector<std::string>> read_paths(std::string_view line);

}  // namespace unit_file_reader
