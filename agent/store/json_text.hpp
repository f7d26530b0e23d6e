// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent::store {

/// Keeps the order of keys, so that lines read alike.
using Json = nlohmann::ordered_json;

/// One line with its end; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] inline std::string json_line(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// The object that the text is; nothing for anything else.
[[nodiscard]] inline std::optional<Json> parse_object(std::string_view text) {
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    return json;
}

/// A value of the object; empty where it is absent or of another type.
[[nodiscard]] inline std::string string_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) return {};
    return found->get<std::string>();
}
[[nodiscard]] inline std::int64_t integer_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_integer()) return 0;
    return found->get<std::int64_t>();
}
[[nodiscard]] inline std::vector<std::string> strings_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    std::vector<std::string> values;
    if (found == object.end() || !found->is_array()) return values;
    for (const auto& value : *found)
        if (value.is_string()) values.push_back(value.get<std::string>());
    return values;
}

}  // namespace agent::store
