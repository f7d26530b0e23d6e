// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bus/text.hpp"

#include <algorithm>

#include "agent/model/utf8.hpp"

namespace agent::bus {

std::string sendable(std::string_view text) {
    std::string sent;
    while (!text.empty()) {
        const auto size = model::utf8_character_size(text);
        const auto character = text.substr(0, size);
        sent += size == 0 || model::is_noncharacter(character) ? "\xef\xbf\xbd" : character;
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return sent;
}

int append_text(sd_bus_message* message, std::string_view text) {
    return sd_bus_message_append_basic(message, 's', sendable(text).c_str());
}

}  // namespace agent::bus
