// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/os_release.hpp"

namespace agent::machine {

namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
    const auto start = text.find_first_not_of(kBlank);
    if (start == std::string_view::npos) return {};
    return text.substr(start, text.find_last_not_of(kBlank) - start + 1);
}

/// Undoes the shell's quoting of one word; os-release(5) allows no expansions.
std::string unquoted(std::string_view text) {
    std::string value;
    char quote = '\0';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' && quote != '\'' && i + 1 < text.size())
            value += text[++i];
        else if (quote == '\0' ? (c == '"' || c == '\'') : c == quote)
            quote = quote == '\0' ? c : '\0';
        else
            value += c;
    }
    return value;
}

}  // namespace

std::optional<std::string> os_release_value(std::string_view text, std::string_view variable) {
    std::optional<std::string> value;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = trimmed(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        const auto equals = line.find('=');
        if (equals != std::string_view::npos && line.substr(0, equals) == variable)
            value = unquoted(line.substr(equals + 1));
    }
    return value;
}

}  // namespace agent::machine
