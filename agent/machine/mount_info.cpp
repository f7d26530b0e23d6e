// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/mount_info.hpp"

#include <algorithm>
#include <sstream>

namespace agent::machine {

namespace {

bool is_octal(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
}

/// Blanks, line ends and backslashes are written as `\` and three octal digits.
std::string unescaped(std::string_view text) {
    constexpr std::size_t kDigits = 3;
    std::string path;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digits = text.substr(i + 1, kDigits);
        if (text[i] != '\\' || digits.size() != kDigits || !is_octal(digits)) {
            path += text[i];
            continue;
        }
        path += static_cast<char>(std::stoi(std::string(digits), nullptr, 8));
        i += kDigits;
    }
    return path;
}

}  // namespace

std::vector<MountEntry> parse_mount_info(std::string_view text) {
    std::vector<MountEntry> mounts;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string id;
        std::string parent;
        std::string device;
        std::string root;
        std::string where;
        if (fields >> id >> parent >> device >> root >> where)
            mounts.push_back({.where = unescaped(where), .device = device});
    }
    return mounts;
}

}  // namespace agent::machine
