// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent::model {

// Of ASCII only, whatever the locale.
[[nodiscard]] constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
[[nodiscard]] constexpr bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
[[nodiscard]] constexpr bool is_alphanumeric(char c) {
    return is_digit(c) || is_lower(c) || is_upper(c);
}
[[nodiscard]] constexpr bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

[[nodiscard]] inline bool is_all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}
/// Whether every character is alphanumeric or one of `others`.
[[nodiscard]] constexpr bool has_only_alphanumeric_and(std::string_view text,
                                                       std::string_view others) {
    return std::all_of(text.begin(), text.end(), [others](char c) {
        return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
    });
}

template <std::size_t N>
[[nodiscard]] constexpr bool is_one_of(std::string_view text,
                                       const std::array<std::string_view, N>& values) {
    return std::find(values.begin(), values.end(), text) != values.end();
}

/// The parts between separators; one part, maybe empty, when there is no separator.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// Decimal digits and nothing else, up to `largest`.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view digits,
                                                         std::uint64_t largest);

/// The text with control characters written as `\x0a`, for messages.
[[nodiscard]] std::string escaped(std::string_view text);
/// The same in double quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);
[[nodiscard]] std::string to_upper(std::string_view text);

}  // namespace agent::model
