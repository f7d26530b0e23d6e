// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::afm {

/// In the order in which it is made, as people read it.
using Json = nlohmann::ordered_json;

/// Longest text that is read, how deep its values may nest, and how many keys they may have: one
/// more is compared with all before it.
inline constexpr std::size_t kLongestText = 64 << 10;
inline constexpr unsigned kDeepest = 16;
inline constexpr unsigned kMostKeys = 256;

/// ErrorCode::usage for what is no JSON, too long, nested too deep or of too many keys; nothing is
/// built of those.
[[nodiscard]] model::Result<Json> parse_json(std::string_view text);
/// On one line; what is no text that a bus carries is replaced.
[[nodiscard]] std::string print_json(const Json& value);

}  // namespace agent::afm
