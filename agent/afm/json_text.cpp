// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/json_text.hpp"

#include <algorithm>

#include "agent/bus/text.hpp"

namespace agent::afm {

namespace {

/// Of a text that may be anything: how deep arrays and objects nest, and how many keys there are.
struct Extent {
    unsigned deepest = 0;
    unsigned keys = 0;
};

Extent extent_of(std::string_view text) {
    Extent extent;
    unsigned depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string && c == '\\')
            ++i;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{'))
            extent.deepest = std::max(extent.deepest, ++depth);
        else if (!in_string && (c == ']' || c == '}') && depth > 0)
            --depth;
        else if (!in_string && c == ':')
            ++extent.keys;
    }
    return extent;
}

}  // namespace

model::Result<Json> parse_json(std::string_view text) {
    using model::ErrorCode;
    if (text.size() > kLongestText)
        return model::fail(ErrorCode::usage,
                           "the text is longer than " + std::to_string(kLongestText) + " bytes");
    const auto extent = extent_of(text);
    if (extent.deepest > kDeepest)
        return model::fail(ErrorCode::usage,
                           "the text nests deeper than " + std::to_string(kDeepest) + " levels");
    if (extent.keys > kMostKeys)
        return model::fail(ErrorCode::usage,
                           "the text has more than " + std::to_string(kMostKeys) + " keys");
    auto value = Json::parse(text, nullptr, false);
    if (value.is_discarded()) return model::fail(ErrorCode::usage, "the text is not JSON");
    return value;
}

std::string print_json(const Json& value) {
    return bus::sendable(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace agent::afm
