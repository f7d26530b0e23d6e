// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::model {

/// Whether the text has more than 64 levels: the json library copies and writes by recursion, so
/// that depth is limited before it reads.
[[nodiscard]] bool nests_too_deep(std::string_view text);

/// Any JSON value of at most `limit` bytes that does not nest too deep. Keys keep their order, and
/// of those that are there twice the last counts. ErrorCode::invalid, in one line.
[[nodiscard]] Result<nlohmann::ordered_json> parse_json(std::string_view text, std::size_t limit);

}  // namespace agent::model
