// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/mount_info.hpp"

#include <algorithm>

#include "agent/model/text.hpp"

namespace agent::model {

namespace {

/// Of one byte: three octal digits.
bool is_byte(std::string_view digits) {
    constexpr std::size_t kDigits = 3;
    return digits.size() == kDigits && digits[0] <= '3' &&
           std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '7'; });
}

/// Blanks, tabulators, line ends and backslashes are written as `\` and an octal number.
std::string unescaped(std::string_view text) {
    constexpr std::size_t kDigits = 3;
    std::string path;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digits = text.substr(i + 1, kDigits);
        if (text[i] != '\\' || !is_byte(digits)) {
            path += text[i];
            continue;
        }
        path += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + digits[2] - '0');
        i += kDigits;
    }
    return path;
}

/// There may be any number of fields before the separator, which is one of its own.
std::string_view type_in(const std::vector<std::string_view>& fields) {
    constexpr std::size_t kFirstOptional = 6;
    for (std::size_t i = kFirstOptional; i + 1 < fields.size(); ++i)
        if (fields[i] == "-") return fields[i + 1];
    return {};
}

}  // namespace

std::optional<MountEntry> parse_mount(std::string_view line) {
    // ID PARENT MAJOR:MINOR ROOT WHERE OPTIONS [OPTIONAL...] - TYPE SOURCE SUPER-OPTIONS
    constexpr std::size_t kDevice = 2;
    constexpr std::size_t kWhere = 4;
    const auto fields = split(line, ' ');
    if (fields.size() <= kWhere || !fields[kWhere].starts_with('/') ||
        std::any_of(fields.begin(), fields.begin() + kWhere,
                    [](std::string_view field) { return field.empty(); }))
        return std::nullopt;
    return MountEntry{.where = unescaped(fields[kWhere]),
                      .device = std::string(fields[kDevice]),
                      .id = std::string(fields[0]),
                      .type = std::string(type_in(fields))};
}

std::vector<MountEntry> parse_mount_info(std::string_view text) {
    std::vector<MountEntry> mounts;
    for (const auto line : split(text, '\n'))
        if (auto mount = parse_mount(line)) mounts.push_back(std::move(*mount));
    return mounts;
}

}  // namespace agent::model
