// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bus/text.hpp"

#include <algorithm>

#include "agent/model/utf8.hpp"

namespace agent::bus {

namespace {

unsigned char byte(char c) {
    return static_cast<unsigned char>(c);
}

/// U+FDD0 to U+FDEF, and the last two of each plane, in UTF-8 that is well formed.
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

}  // namespace

std::string sendable(std::string_view text) {
    std::string sent;
    while (!text.empty()) {
        const auto size = model::utf8_character_size(text);
        const auto character = text.substr(0, size);
        sent += size == 0 || is_noncharacter(character) ? "\xef\xbf\xbd" : character;
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return sent;
}

int append_text(sd_bus_message* message, std::string_view text) {
    return sd_bus_message_append_basic(message, 's', sendable(text).c_str());
}

}  // namespace agent::bus
