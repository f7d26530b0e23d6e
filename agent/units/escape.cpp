// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/units/escape.hpp"

#include <algorithm>

namespace agent::units {
namespace {

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_plain_in_command_line(char c) {
    return is_alphanumeric(c) || std::string_view("/._-=:,+@").find(c) != std::string_view::npos;
}

bool is_plain_in_unit_name(char c) {
    // The backslash comes from names that are escaped already, such as dev-disk-by\x2did.device.
    return is_alphanumeric(c) || std::string_view(":-_.\\@").find(c) != std::string_view::npos;
}

bool is_plain_in_path_name(char c) {
    return is_alphanumeric(c) || std::string_view(":_.").find(c) != std::string_view::npos;
}

void append_hex(std::string& text, char c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    text += "\\x";
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xfU];
}

void append_quoted(std::string& text, char c) {
    switch (c) {
        case '\0':
            return;
        case '%':
        case '$':
            text += c;
            break;
        case '\\':
        case '"':
            text += '\\';
            break;
        default:
            if (is_control(c)) return append_hex(text, c);
    }
    text += c;
}

}  // namespace

std::string escape_word(std::string_view word) {
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain_in_command_line))
        return std::string(word);
    std::string text = "\"";
    for (const char c : word)
        append_quoted(text, c);
    return text + '"';
}

std::string escape_value(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c == '%') text += '%';
        text += is_control(c) ? ' ' : c;
    }
    // A backslash before the end of the line would continue it; systemd cuts the space off.
    if (text.ends_with('\\')) text += ' ';
    return text;
}

std::string escape_path(std::string_view path) {
    if (!path.empty() && std::all_of(path.begin(), path.end(), is_plain_in_command_line))
        return std::string(path);
    std::string text = "\"";
    for (const char c : path) {
        if (c == '%' || c == '\\' || c == '"') text += c == '%' ? '%' : '\\';
        text += is_control(c) ? ' ' : c;
    }
    return text + '"';
}

std::string escape_unit_name(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (is_plain_in_unit_name(c))
            text += c;
        else
            append_hex(text, c);
    }
    return text;
}

std::string mount_unit_name(std::string_view path) {
    std::string name;
    bool at_slash = true;
    for (const char c : path) {
        if (c == '/') {
            at_slash = true;
            continue;
        }
        if (at_slash && !name.empty()) name += '-';
        at_slash = false;
        // Only what a hidden unit file would begin with is another thing at the beginning.
        if (is_plain_in_path_name(c) && !(name.empty() && c == '.'))
            name += c;
        else
            append_hex(name, c);
    }
    return (name.empty() ? "-" : name) + ".mount";
}

}  // namespace agent::units
