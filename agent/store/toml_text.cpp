// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/toml_text.hpp"

#include <array>
#include <limits>

#include "agent/store/timestamp.hpp"

namespace agent::store {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Utf8Class {
    unsigned char first;
    unsigned char last;
    std::size_t length;
    /// Bounds of the second byte: no overlong form, no surrogate, nothing above U+10FFFF.
    unsigned char second_first;
    unsigned char second_last;
};

/// Table 3-7 of the Unicode standard.
constexpr std::array<Utf8Class, 9> kUtf8 = {{{0x00, 0x7F, 1, 0, 0},
                                             {0xC2, 0xDF, 2, 0x80, 0xBF},
                                             {0xE0, 0xE0, 3, 0xA0, 0xBF},
                                             {0xE1, 0xEC, 3, 0x80, 0xBF},
                                             {0xED, 0xED, 3, 0x80, 0x9F},
                                             {0xEE, 0xEF, 3, 0x80, 0xBF},
                                             {0xF0, 0xF0, 4, 0x90, 0xBF},
                                             {0xF1, 0xF3, 4, 0x80, 0xBF},
                                             {0xF4, 0xF4, 4, 0x80, 0x8F}}};

bool continues(std::string_view text, std::size_t position, unsigned char first,
               unsigned char last) {
    if (position >= text.size()) return false;
    const auto byte = static_cast<unsigned char>(text[position]);
    return byte >= first && byte <= last;
}

/// Bytes of the character that the text begins with; 0 where it is not UTF-8.
std::size_t utf8_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    for (const auto& one : kUtf8) {
        if (lead < one.first || lead > one.last) continue;
        if (one.length > 1 && !continues(text, 1, one.second_first, one.second_last)) return 0;
        for (std::size_t i = 2; i < one.length; ++i)
            if (!continues(text, i, 0x80, 0xBF)) return 0;
        return one.length;
    }
    return 0;
}

std::string escape_ascii(char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    if (c == '"' || c == '\\') return {'\\', c};
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) return {c};
    return {'\\', 'u', '0', '0', kHex[byte >> 4U], kHex[byte & 0xFU]};
}

void missing(model::TomlTable& table, std::string_view key) {
    if (!table.has(key)) table.problem("", "the key `" + std::string(key) + "` is missing");
}

}  // namespace

std::string toml_string(std::string_view value) {
    std::string text = "\"";
    while (!value.empty()) {
        const std::size_t length = utf8_length(value);
        if (length == 0) text += kReplacement;
        if (length == 1) text += escape_ascii(value.front());
        if (length > 1) text += value.substr(0, length);
        value.remove_prefix(length == 0 ? 1 : length);
    }
    return text + "\"";
}

Result<> check_format(model::TomlTable& table, int supported, const std::string& where) {
    missing(table, "format");
    const auto format = table.integer("format");
    if (format && *format > supported)
        return fail(ErrorCode::conflict,
                    where + ": written by a newer update-agent; this one reads format " +
                        std::to_string(supported) + ", the file has " + std::to_string(*format) +
                        ": upgrade the package update-agent before anything is changed");
    if (format && *format < 1) table.problem("format", "must be 1 or more");
    return {};
}

std::optional<std::string> required_string(model::TomlTable& table, std::string_view key) {
    missing(table, key);
    return table.string(key);
}

unsigned required_number(model::TomlTable& table, std::string_view key) {
    missing(table, key);
    const auto value = table.integer(key).value_or(0);
    if (value >= 0 && value <= std::numeric_limits<unsigned>::max())
        return static_cast<unsigned>(value);
    table.problem(key, "must be from 0 to 4294967295");
    return 0;
}

bool required_boolean(model::TomlTable& table, std::string_view key) {
    missing(table, key);
    return table.boolean(key).value_or(false);
}

model::SystemTime required_time(model::TomlTable& table, std::string_view key) {
    const auto text = required_string(table, key);
    if (!text) return {};
    const auto time = parse_rfc3339(*text);
    if (!time) table.problem(key, "is no time", "such as 2026-01-02T03:04:05Z");
    return time.value_or(model::SystemTime{});
}

}  // namespace agent::store
