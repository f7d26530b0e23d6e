// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/bounded_json.hpp"

#include <string>

#include "agent/model/text.hpp"

namespace agent::model {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 64;

/// Without the name and number that the library puts before it.
std::string reason_of(const Json::exception& error) {
    const std::string_view text = error.what();
    const auto end = text.find("] ");
    return escaped(end == std::string_view::npos ? text : text.substr(end + 2));
}

}  // namespace

bool nests_too_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > kMaxDepth) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

Result<Json> parse_json(std::string_view text, std::size_t limit) {
    if (text.size() > limit)
        return fail(ErrorCode::invalid, "is larger than " + std::to_string(limit) + " bytes");
    if (nests_too_deep(text))
        return fail(ErrorCode::invalid,
                    "nests deeper than " + std::to_string(kMaxDepth) + " levels");
    try {
        return Json::parse(text);
    } catch (const Json::exception& error) {
        return fail(ErrorCode::invalid, "is not JSON: " + reason_of(error));
    }
}

}  // namespace agent::model
