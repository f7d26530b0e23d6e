// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace agent::containers {

/// For an option that podman reads as a line of comma-separated values (RFC 4180): the text as one
/// of them, and back.
[[nodiscard]] std::string csv_field(std::string_view text);
[[nodiscard]] std::string from_csv_field(std::string_view field);

}  // namespace agent::containers
