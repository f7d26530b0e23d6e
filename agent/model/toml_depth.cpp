// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/toml_depth.hpp"

#include <algorithm>

namespace agent::model {
namespace {

/// The position behind the string that begins at `begin` with one or three quotes. A one-line
/// string that is not closed ends with its line.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
    const char quote = text[begin];
    const bool escapes = quote == '"';
    const auto three = std::string_view(quote == '"' ? "\"\"\"" : "'''");
    const bool multi_line = text.substr(begin).starts_with(three);
    std::size_t at = begin + (multi_line ? 3 : 1);
    while (at < text.size()) {
        if (escapes && text[at] == '\\') {
            at += 2;
        } else if (multi_line && text.substr(at).starts_with(three)) {
            // Up to two quotes may stand before the three that close the string.
            at += 3;
            for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more)
                ++at;
            return at;
        } else if (!multi_line && (text[at] == quote || text[at] == '\n')) {
            return text[at] == quote ? at + 1 : at;
        } else {
            ++at;
        }
    }
    return text.size();
}

}  // namespace

unsigned first_line_too_deep(std::string_view text) {
    unsigned line = 1;
    unsigned parts = 1;
    std::size_t at = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '"' || c == '\'') {
            const auto end = end_of_string(text, at);
            line += static_cast<unsigned>(
                std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                           text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
            at = end;
            continue;
        }
        if (c == '#') {
            at = std::min(text.find('\n', at), text.size());
            continue;
        }
        if (c == '\n') ++line;
        if (c == '.' && ++parts > kDeepestKey) return line;
        if (std::string_view("\n=,[{").find(c) != std::string_view::npos) parts = 1;
        ++at;
    }
    return 0;
}

}  // namespace agent::model
