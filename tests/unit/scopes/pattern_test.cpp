// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/scopes/pattern.hpp"

#include "tests/unit/catch.hpp"

using agent::scopes::kMaxMatchedBytes;
using agent::scopes::Pattern;

namespace {

std::string repeated(const std::string& text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all += text;
    return all;
}

}  // namespace

TEST_CASE("a pattern matches where JSON Schema says that it does") {
    struct Case {
        std::string pattern;
        std::string text;
        bool matches;
    };
    const std::vector<Case> cases = {
        {"b", "abc", true},
        {"^b", "abc", false},
        {"b$", "abc", false},
        {"^abc$", "abc", true},
        {"^abc$", "abcd", false},
        {"a|^b", "cb", false},
        {"a|^b", "ca", true},
        {"^(?:[a-z]{1,3}|[0-9]+)$", "123456", true},
        {"^(?:[a-z]{1,3}|[0-9]+)$", "abcd", false},
        {"^/dev/(ttyS|video)\\d+$", "/dev/video12", true},
        {"^/dev/(ttyS|video)\\d+$", "/dev/sda", false},
        {"^$", "", true},
        {"", "anything\nat all", true},
        {"\\(x\\)", "a(x)", true},
        {"[)(]", ")", true},
        {"\\bfoo\\b", "a foo b", true},
        {"x", "a\nx", true},
        {"^" + repeated("a", 100) + "$", repeated("a", 100), true},
        {"^a*$", std::string(kMaxMatchedBytes, 'a'), true},
        {"^a*$", std::string(kMaxMatchedBytes + 1, 'a'), false},
    };
    for (const auto& each : cases) {
        INFO(each.pattern);
        const auto pattern = Pattern::parse(each.pattern);
        REQUIRE(pattern);
        CHECK(pattern->matches(each.text) == each.matches);
    }
}

TEST_CASE("what is no pattern, or could take for ever, is refused with the reason") {
    struct Case {
        std::string pattern;
        std::string says;
    };
    const std::vector<Case> cases = {
        {"(", "no regular expression"},
        {")", "no regular expression"},
        {"a)|(b", "no regular expression"},
        {"a)[^]*|(?:b", "no regular expression"},
        {"[a", "no regular expression"},
        {"\\", "no regular expression"},
        {"*", "no regular expression"},
        {"a{2,1}", "no regular expression"},
        {"(x)\\1", "no regular expression"},
        {"(?=x)", "without lookahead"},
        {"a(?!x)", "without lookahead"},
        {"(?<=x)a", "without lookahead"},
        {std::string(257, 'a'), "more than 256 bytes"},
        {"a{3000}", "repeats too much"},
        {"a{99999999999999999999999}", "repeats too much"},
        {"(a{1,60}){1,60}", "repeats too much"},
        {"(((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+(((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+"
         "((a{9}){9}){9}((a{9}){9}){9}",
         "repeats too much"},
    };
    for (const auto& each : cases) {
        INFO(each.pattern);
        const auto pattern = Pattern::parse(each.pattern);
        REQUIRE_FALSE(pattern);
        INFO(pattern.error().text());
        CHECK(pattern.error().code() == agent::model::ErrorCode::invalid);
        CHECK(pattern.error().text().find(each.says) != std::string::npos);
    }
}

TEST_CASE("matching a hostile pattern comes to an end") {
    const std::vector<std::string> hostile = {
        "(a+)+$",   "^(a+)+$", "(a*)*(a*)*(a*)*b",   "(a|a)*b",
        "(a|aa)+$", "(.*)*x",  "((a{1,30}){1,30})b", "([a-z]+)*[^a-z]{40}"};
    for (const auto& text : hostile) {
        const auto pattern = Pattern::parse(text);
        INFO(text);
        REQUIRE(pattern);
        const std::string worst = std::string(kMaxMatchedBytes - 1, 'a') + "!";
        // Tried one way after the other, the first of these takes longer than the universe is old.
        CHECK_FALSE(pattern->matches(worst));
    }
}
