// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <string_view>

#include "agent/process/process.hpp"

namespace agent::process {

namespace {

constexpr std::string_view kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
/// Longest text of a command in a message; the start says what it does, the end to what.
constexpr std::size_t kLongest = 160;
constexpr std::string_view kGap = " … ";

std::string in_quotes(const std::string& word) {
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
    std::string text = "'";
    for (const char c : word) {
        if (c == '\'')
            text += "'\\''";
        else
            text += c;
    }
    return text + "'";
}

/// The nearest position that is not inside a UTF-8 sequence, towards the start.
std::size_t character_start(const std::string& text, std::size_t at) {
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
        --at;
    return at;
}

}  // namespace

std::string to_string(const std::vector<std::string>& arguments) {
    std::string text;
    for (const auto& word : arguments)
        text += (text.empty() ? "" : " ") + in_quotes(word);
    if (text.size() <= kLongest) return text;
    const std::size_t head = character_start(text, kLongest * 2 / 3);
    const std::size_t tail = character_start(text, text.size() - kLongest / 3 + kGap.size());
    return text.substr(0, head).append(kGap).append(text, tail);
}

std::string last_line(const std::string& text) {
    constexpr std::string_view kBlank = " \t\r\n";
    constexpr std::string_view kPrefix = "Error: ";
    const auto end = text.find_last_not_of(kBlank);
    if (end == std::string::npos) return {};
    const auto newline = text.find_last_of('\n', end);
    std::string line = text.substr(newline == std::string::npos ? 0 : newline + 1);
    line.erase(line.find_last_not_of(kBlank) + 1);
    line.erase(0, line.find_first_not_of(kBlank));
    if (line.starts_with(kPrefix)) line.erase(0, kPrefix.size());
    return line;
}

}  // namespace agent::process
