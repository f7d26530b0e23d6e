// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agent::model {

/// The bytes in base 64 of RFC 4648, with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// What the text, with or without padding, stands for; nothing where another character is in it.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace agent::model
