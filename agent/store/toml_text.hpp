// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/model/installed_set.hpp"
#include "agent/model/toml_reader.hpp"

namespace agent::store {

/// A TOML basic string, quoted: it reads back as `value` whatever that holds, but that each byte
/// that is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string toml_string(std::string_view value);

/// The number of a file's format against the highest one that this agent reads: a higher one is
/// ErrorCode::conflict, an absent or lower one a problem of the table.
[[nodiscard]] model::Result<> check_format(model::TomlTable& table, int supported,
                                           const std::string& where);

/// The value of a key that must be there; nothing, 0 or false, and a problem of the table,
/// otherwise.
[[nodiscard]] std::optional<std::string> required_string(model::TomlTable& table,
                                                         std::string_view key);
[[nodiscard]] unsigned required_number(model::TomlTable& table, std::string_view key);
[[nodiscard]] bool required_boolean(model::TomlTable& table, std::string_view key);

[[nodiscard]] model::SystemTime required_time(model::TomlTable& table, std::string_view key);
/// Of a string that `T::parse()` reads.
template <typename T>
[[nodiscard]] T required(model::TomlTable& table, std::string_view key) {
    const auto text = required_string(table, key);
    if (!text) return {};
    auto value = T::parse(*text);
    if (!value) table.problem(key, value.error().message());
    return value.value_or(T{});
}

}  // namespace agent::store
