// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace agent::model {

/// The longest dotted key that is parsed.
inline constexpr unsigned kDeepestKey = 32;

/// The line of the first key of a TOML text with more than kDeepestKey parts, or 0. toml++ bounds
/// how deep values nest, but not dotted keys, and destroys its tree by recursion: a key of a few
/// hundred thousand parts would exhaust the stack.
[[nodiscard]] unsigned first_line_too_deep(std::string_view text);

}  // namespace agent::model
