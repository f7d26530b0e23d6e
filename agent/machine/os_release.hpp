// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agent::machine {

/// The value of a variable in the text of an os-release(5) file, unquoted; the last assignment
/// wins, as for a shell that reads it.
[[nodiscard]] std::optional<std::string> os_release_value(std::string_view text,
                                                          std::string_view variable);

}  // namespace agent::machine
