// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace agent::model {

/// Bytes of the UTF-8 character at the beginning of a text that is not empty; 0 if there is none.
[[nodiscard]] std::size_t utf8_character_size(std::string_view text);

/// Whether a character is one of Unicode's noncharacters, U+FDD0 to U+FDEF and the last two of each
/// plane, which neither systemd nor D-Bus takes for text.
[[nodiscard]] bool is_noncharacter(std::string_view character);

}  // namespace agent::model
