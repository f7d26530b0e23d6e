// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/utf8.hpp"

#include <algorithm>

namespace agent::model {

namespace {

unsigned char byte(char c) {
    return static_cast<unsigned char>(c);
}

/// What is longer than it has to be, a surrogate, or beyond U+10FFFF.
bool is_forbidden(unsigned char first, unsigned char second) {
    return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
           (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
}

}  // namespace

std::size_t utf8_character_size(std::string_view text) {
    const auto first = byte(text.front());
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const std::size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (text.size() < size || is_forbidden(first, byte(text[1]))) return 0;
    const auto rest = text.substr(1, size - 1);
    const bool continues =
        std::all_of(rest.begin(), rest.end(), [](char c) { return (byte(c) & 0xc0U) == 0x80; });
    return continues ? size : 0;
}

bool is_noncharacter(std::string_view character) {
    if (character.size() < 3) return false;
    const auto last = byte(character.back());
    const auto before = byte(character[character.size() - 2]);
    if (character.size() == 3 && byte(character[0]) == 0xef && before == 0xb7)
        return last >= 0x90 && last <= 0xaf;
    const bool ends_plane =
        character.size() == 3 ? byte(character[0]) == 0xef : (byte(character[1]) & 0x0fU) == 0x0f;
    return ends_plane && before == 0xbf && last >= 0xbe;
}

}  // namespace agent::model
