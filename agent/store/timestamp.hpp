// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/model/installed_set.hpp"

namespace agent::store {

/// RFC 3339 in UTC: `2026-01-02T03:04:05Z`, with nine digits of a second where they are not zero.
[[nodiscard]] std::string to_rfc3339(model::SystemTime time);
/// Only what to_rfc3339() writes, with one to nine digits of a second.
[[nodiscard]] std::optional<model::SystemTime> parse_rfc3339(std::string_view text);
/// For people: `2026-01-02 03:04:05Z`.
[[nodiscard]] std::string to_readable_time(model::SystemTime time);

}  // namespace agent::store
