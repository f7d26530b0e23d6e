// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::model {

/// Any JSON value of at most `limit` bytes and 64 levels: the library copies and writes by
/// recursion, so that depth is limited before it reads. Keys keep their order, and of those that
/// are there twice the last counts. ErrorCode::invalid, in one line.
[[nodiscard]] Result<nlohmann::ordered_json> parse_json(std::string_view text, std::size_t limit);

}  // namespace agent::model
