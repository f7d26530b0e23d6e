// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/bounded_json.hpp"

#include "tests/unit/catch.hpp"

using namespace agent::model;

namespace {

std::string repeated(const std::string& text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all += text;
    return all;
}

std::string nested(std::size_t levels) {
    return repeated("[", levels) + repeated("]", levels);
}

std::string object_of(std::size_t keys) {
    std::string text;
    for (std::size_t i = 0; i < keys; ++i)
        text += (text.empty() ? "" : ",") + ("\"" + std::to_string(i) + "\":0");
    return "{" + text + "}";
}

}  // namespace

TEST_CASE("Levels and keys of a text are counted, whether it is JSON or not") {
    const std::vector<std::pair<std::string, JsonShape>> rows{
        {"", {0, 0}},
        {"1", {0, 0}},
        {"[]", {1, 0}},
        {"{}", {1, 0}},
        {R"({"a":1})", {1, 1}},
        {R"({"a":{"b":1,"c":2,"d":3},"e":[]})", {2, 3}},
        {R"([{"a":1},{"b":2},{"c":3}])", {2, 1}},
        {R"({"a":1,"b":[{"c":2}],"d":3})", {3, 3}},
        {"[[],[[]],[]]", {3, 0}},
        // In strings nothing counts, whatever ends them.
        {R"({"[{:":"]}:"})", {1, 1}},
        {R"(["\"[",":\\"])", {1, 0}},
        {R"(["[[[)", {1, 0}},
        {"\"\\", {0, 0}},
        // What closes nothing closes nothing later, either.
        {"]]]]", {0, 0}},
        {"]]{}", {1, 0}},
        {"}::{:", {1, 2}},
        {"[}{]", {1, 0}},
        {nested(64), {64, 0}},
        {nested(65), {65, 0}},
        {repeated("[", 100'000), {100'000, 0}},
        {object_of(1001), {1, 1001}},
        {repeated("[", 63) + object_of(3) + repeated("]", 63), {64, 3}},
        {repeated("[", 64) + object_of(3) + repeated("]", 64), {65, 0}},
    };
    for (const auto& [text, shape] : rows) {
        INFO(text.substr(0, 80));
        const auto found = shape_of(text);
        CHECK(found.depth == shape.depth);
        CHECK(found.most_keys == shape.most_keys);
        CHECK(nests_too_deep(text) == (shape.depth > 64));
    }
}

TEST_CASE("JSON is read within the limits, and refused in one line beyond them") {
    struct Row {
        std::string text;
        std::size_t limit;
        std::size_t most_keys;
        /// Nothing where it is read.
        std::string says;
    };
    const std::vector<Row> rows{
        {"{}", 2, 0, ""},
        {"{}", 1, 0, "is larger than 1 bytes"},
        {object_of(3), 99, 3, ""},
        {object_of(3), 99, 2, "has an object with more than 2 keys"},
        {R"({"a":1,"a":2})", 99, 1, "has an object with more than 1 keys"},
        {object_of(2000), 99'999, kAnyNumberOfKeys, ""},
        {nested(64), 999, 0, ""},
        {nested(65), 999, 0, "nests deeper than 64 levels"},
        {repeated("[", 999), 999, 0, "nests deeper than 64 levels"},
        {"", 9, 0, "is not JSON: "},
        {"[\n1,]", 9, 0, "is not JSON: parse error at line 2"},
        {"\"\xff\"", 9, 0, "is not JSON: "},
    };
    for (const auto& row : rows) {
        INFO(row.text.substr(0, 80));
        const auto json = parse_json(row.text, row.limit, row.most_keys);
        REQUIRE(json.has_value() == row.says.empty());
        if (json) continue;
        CHECK(json.error().code() == ErrorCode::invalid);
        CHECK(json.error().text().rfind(row.says, 0) == 0);
        CHECK(json.error().text().find('\n') == std::string::npos);
    }
}

TEST_CASE("Keys keep their order, and the last of two counts") {
    CHECK(parse_json(R"({"b":1,"a":2,"b":3})", 99).value().dump() == R"({"b":3,"a":2})");
}
