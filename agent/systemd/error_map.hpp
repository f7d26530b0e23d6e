// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::systemd {

/// What a failed call means: `name` is the D-Bus error (org.freedesktop.systemd1(5)), or empty
/// where only the errno tells. `what` says what was asked for; `message` is systemd's own text.
[[nodiscard]] model::Error bus_error(const std::string& what, std::string_view name,
                                     std::string_view message, int error_number);

}  // namespace agent::systemd
