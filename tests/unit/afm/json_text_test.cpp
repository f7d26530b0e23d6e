// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/json_text.hpp"

#include "tests/unit/catch.hpp"

using namespace agent::afm;
using agent::model::ErrorCode;

namespace {

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

}  // namespace

TEST_CASE("Every kind of JSON value is read") {
    for (const auto* text : {"true", "null", "12", "\"a@1.0.0\"", "{\"id\": \"a\"}", "[1, [2]]",
                             " \"[[[[[[[[[[[[[[[[[[[[[[\" ", "\"\\\"[[[[[[[[[[[[[[[[[[[[[\""}) {
        INFO(text);
        CHECK(parse_json(text));
    }
    CHECK(parse_json(repeated("[", kDeepest) + repeated("]", kDeepest)));
    CHECK(parse_json("\"" + std::string(kLongestText - 2, 'x') + "\""));
}

TEST_CASE("What is no JSON, too long or too deep is a bad request") {
    struct Row {
        std::string text;
        std::string says;
    };
    for (const auto& row : {
             Row{"", "not JSON"},
             Row{"/tmp/a.wgt", "not JSON"},
             Row{"'a'", "not JSON"},
             Row{"{\"id\": ", "not JSON"},
             Row{"{\"id\": \"a\"} x", "not JSON"},
             Row{"\"\xff\"", "not JSON"},
             Row{"nul", "not JSON"},
             Row{"\"a", "not JSON"},
             Row{"\"a\\", "not JSON"},
             Row{repeated("[", kDeepest + 1), "deeper than 16"},
             Row{repeated("{\"a\":", 1000) + "1" + repeated("}", 1000), "deeper than 16"},
             Row{repeated("[", 60000), "deeper than 16"},
             Row{"{" + repeated("\"a\":1,", kMostKeys) + "\"a\":1}", "more than 256 keys"},
             Row{std::string(1 << 20, 'x'), "longer than 65536"},
             Row{std::string(kLongestText + 1, ' '), "longer than 65536"},
         }) {
        INFO(row.text.substr(0, 40));
        const auto value = parse_json(row.text);
        REQUIRE_FALSE(value);
        CHECK(value.error().code() == ErrorCode::usage);
        CHECK(value.error().text().find(row.says) != std::string::npos);
    }
}

TEST_CASE("JSON is written on one line, in the order in which it was made") {
    CHECK(print_json({{"b", 1}, {"a", "x\ny"}}) == R"({"b":1,"a":"x\ny"})");
    CHECK(print_json("\xff") == "\"\xef\xbf\xbd\"");
    // U+FFFE, which sd-bus does not send.
    CHECK(print_json("\xef\xbf\xbe") == "\"\xef\xbf\xbd\"");
}
