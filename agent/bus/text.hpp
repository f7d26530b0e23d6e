// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "agent/bus/handles.hpp"

namespace agent::bus {

/// The text, with U+FFFD for what sd-bus sends in no string: bytes that are no UTF-8, and Unicode's
/// noncharacters.
[[nodiscard]] std::string sendable(std::string_view text);

/// Appends a string, sendable(); a negative errno is a failure.
[[nodiscard]] int append_text(sd_bus_message* message, std::string_view text);
/// Appends an array of them.
[[nodiscard]] int append_texts(sd_bus_message* message, const auto& texts) {
    int result = sd_bus_message_open_container(message, 'a', "s");
    for (const auto& text : texts)
        if (result >= 0) result = append_text(message, text);
    return result < 0 ? result : sd_bus_message_close_container(message);
}

}  // namespace agent::bus
