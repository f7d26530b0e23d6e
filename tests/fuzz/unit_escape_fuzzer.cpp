// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever a description says: what is written into a unit file is read as exactly that again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/units/escape.hpp"
#include "tests/fuzz/invariant.hpp"
#include "tests/unit/units/unit_file_reader.hpp"

namespace {

using fuzz::require;
using Words = std::vector<std::string>;

/// Words are separated by 0xff, which is in no UTF-8 text.
Words split(std::string_view input) {
    Words words;
    for (;;) {
        const auto end = std::min(input.find('\xff'), input.size());
        words.emplace_back(input.substr(0, end));
        if (end == input.size()) return words;
        input.remove_prefix(end + 1);
    }
}

std::string trimmed(std::string text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
    text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), is_space));
    while (!text.empty() && is_space(text.back()))
        text.pop_back();
    return text;
}

std::string without_controls(std::string text) {
    std::replace_if(
        text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return text;
}

void check_command_line(Words words) {
    std::string line;
    for (const auto& word : words)
        line += agent::units::escape_word(word) + " ";
    for (auto& word : words)
        std::erase(word, '\0');
    require(unit_file_reader::read_command_line(line) == words, "a command line is read back");
}

void check_value(const std::string& text) {
    const auto value = unit_file_reader::read_value(agent::units::escape_value(text));
    require(value == trimmed(without_controls(text)), "a value is read back");
}

void check_path(const std::string& text) {
    const auto paths = unit_file_reader::read_paths(agent::units::escape_path(text));
    require(paths == Words{without_controls(text)}, "a path is read back");
}

void check_unit_name(const std::string& text) {
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";
    const auto name = agent::units::escape_unit_name(text);
    require(name.find_first_not_of(kAllowed) == std::string::npos, "a unit name is one word");
    require((name == text) == (text.find_first_not_of(kAllowed) == std::string::npos),
            "only a valid unit name stays as it is");
}

}  // namespace

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    check_command_line(split(input));
    check_value(input);
    check_path(input);
    check_unit_name(input);
    return 0;
}
