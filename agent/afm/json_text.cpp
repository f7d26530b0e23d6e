// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/json_text.hpp"

#include <algorithm>

namespace agent::afm {

namespace {

/// How deep arrays and objects nest, of a text that may be anything.
unsigned depth_of(std::string_view text) {
    unsigned depth = 0;
    unsigned deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string && c == '\\')
            ++i;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{'))
            deepest = std::max(deepest, ++depth);
        else if (!in_string && (c == ']' || c == '}') && depth > 0)
            --depth;
    }
    return deepest;
}

}  // namespace

model::Result<Json> parse_json(std::string_view text) {
    using model::ErrorCode;
    if (text.size() > kLongestText)
        return model::fail(ErrorCode::usage,
                           "the text is longer than " + std::to_string(kLongestText) + " bytes");
    if (depth_of(text) > kDeepest)
        return model::fail(ErrorCode::usage,
                           "the text nests deeper than " + std::to_string(kDeepest) + " levels");
    auto value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) return model::fail(ErrorCode::usage, "the text is not JSON");
    return value;
}

std::string print_json(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace agent::afm
