// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::podman {

/// What podman says went wrong: the last line that starts with `Error:`, else the last line,
/// without the decorations of its log (`time="…" level=error msg="…"`). Empty where it said
/// nothing.
[[nodiscard]] std::string error_line(std::string_view standard_error);

/// The failure of `title` (such as `podman create`) that ended with `status`: no_space where the
/// store's file system is full, conflict where something is in use or runs, else internal.
[[nodiscard]] model::Error failure(const std::string& title, int status,
                                   std::string_view standard_error);

/// Whether podman says that the container or image it was asked for is not there.
[[nodiscard]] bool says_not_there(std::string_view standard_error);

}  // namespace agent::podman
