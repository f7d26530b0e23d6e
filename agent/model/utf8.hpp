// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace agent::model {

/// Bytes of the UTF-8 character at the beginning of a text that is not empty; 0 if there is none.
[[nodiscard]] std::size_t utf8_character_size(std::string_view text);

}  // namespace agent::model
