// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/bounded_json.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "agent/model/text.hpp"

namespace agent::model {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxDepth = 64;

/// Without the name and number that the library puts before it.
std::string reason_of(const Json::exception& error) {
    const std::string_view text = error.what();
    const auto end = text.find("] ");
    return escaped(end == std::string_view::npos ? text : text.substr(end + 2));
}

}  // namespace

JsonShape shape_of(std::string_view text) {
    JsonShape shape;
    // What is not in any object comes first.
    std::array<std::size_t, kMaxDepth + 1> keys{};
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            shape.depth = std::max(shape.depth, ++depth);
            if (depth < keys.size()) keys[depth] = 0;
        } else if (c == ']' || c == '}') {
            if (depth > 0) --depth;
        } else if (c == ':' && depth < keys.size()) {
            shape.most_keys = std::max(shape.most_keys, ++keys[depth]);
        }
    }
    return shape;
}

bool nests_too_deep(std::string_view text) {
    return shape_of(text).depth > kMaxDepth;
}

Result<Json> parse_json(std::string_view text, std::size_t limit, std::size_t most_keys) {
    if (text.size() > limit)
        return fail(ErrorCode::invalid, "is larger than " + std::to_string(limit) + " bytes");
    const auto shape = shape_of(text);
    if (shape.most_keys > most_keys)
        return fail(ErrorCode::invalid,
                    "has an object with more than " + std::to_string(most_keys) + " keys");
    if (shape.depth > kMaxDepth)
        return fail(ErrorCode::invalid,
                    "nests deeper than " + std::to_string(kMaxDepth) + " levels");
    try {
        return Json::parse(text);
    } catch (const Json::exception& error) {
        return fail(ErrorCode::invalid, "is not JSON: " + reason_of(error));
    }
}

}  // namespace agent::model
