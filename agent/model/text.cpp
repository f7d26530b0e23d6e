// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/text.hpp"

#include <charconv>

namespace agent::model {

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::optional<std::uint64_t> parse_decimal(std::string_view digits, std::uint64_t largest) {
    if (!is_all_digits(digits)) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || number > largest) return std::nullopt;
    return number;
}

std::string escaped(std::string_view text) {
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    std::string result;
    for (const char c : text) {
        if (!is_control(c)) {
            result += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        result += "\\x";
        result += kHexDigits[byte >> 4U];
        result += kHexDigits[byte & 0xfU];
    }
    return result;
}

std::string in_quotes(std::string_view text) {
    return '"' + escaped(text) + '"';
}

std::string to_upper(std::string_view text) {
    std::string upper(text);
    for (char& c : upper) {
        if (is_lower(c)) c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

}  // namespace agent::model
