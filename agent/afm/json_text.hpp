// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::afm {

/// In the order in which it is made, as people read it.
using Json = nlohmann::ordered_json;

/// Longest text that is read, and how deep its values may nest.
inline constexpr std::size_t kLongestText = 64 << 10;
inline constexpr unsigned kDeepest = 16;

/// ErrorCode::usage for what is no JSON, too long or nested too deep; nothing is built of those.
[[nodiscard]] model::Result<Json> parse_json(std::string_view text);
/// On one line; bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string print_json(const Json& value);

}  // namespace agent::afm
