// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/units_of_measure.hpp"

#include <vector>

#include "tests/unit/catch.hpp"

using namespace std::chrono_literals;
using agent::model::human_size;
using agent::model::parse_size;
using agent::model::parse_span;
using agent::model::Span;
using agent::model::to_string;

TEST_CASE("a time span is read as in systemd.time(7)") {
    const std::vector<std::pair<std::string, Span>> cases{
        {"0", 0s},
        {"90", 90s},
        {"2 h", 2h},
        {"2hours", 2h},
        {"48hr", 48h},
        {"1 hour", 1h},
        {"55s500ms", 55500ms},
        {"300ms20s 5day", 300ms + 20s + 120h},
        {"1sec", 1s},
        {"2second", 2s},
        {"2seconds", 2s},
        {"5 m", 5min},
        {"5min", 5min},
        {"1minute", 1min},
        {"3minutes", 3min},
        {"1d", 24h},
        {"1day", 24h},
        {"2days", 48h},
        {"1w", 168h},
        {"1week", 168h},
        {"2weeks", 336h},
        {"1M", 2629800s},
        {"1month", 2629800s},
        {"2months", 5259600s},
        {"1y", 31557600s},
        {"1 year", 31557600s},
        {"2years", 63115200s},
        {"7us", 7us},
        {"7usec", 7us},
        {"7\u00b5s", 7us},
        {"7\u03bcs", 7us},
        {"7ms", 7ms},
        {"7msec", 7ms},
        {"1.5h", 90min},
        {".5s", 500ms},
        {"5.s", 5s},
        {"0.000001s", 1us},
        {"0.0000019s", 1us},
        {"2min 30s", 150s},
        {" 1s ", 1s},
        {"1y 12month", 31557600s + 12 * 2629800s},
        {"infinity", Span::max()},
        {" infinity ", Span::max()},
    };
    for (const auto& [text, span] : cases) {
        INFO(text);
        const auto parsed = parse_span(text);
        REQUIRE(parsed);
        CHECK(*parsed == span);
    }
}

TEST_CASE("what is no time span is refused with what would be one") {
    for (const std::string text :
         {"", "  ", "-1s", "+1s", "s", ".", "1 parsec", "1s x", "12.34.56", "12.34.56ms", "1,5s",
          "infinity2", "infinity 1s", "1 s s", "Infinity", "0x10", "1e3"}) {
        INFO(text);
        const auto parsed = parse_span(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().text().find("2min 30s") != std::string::npos);
    }
}

TEST_CASE("a time span that does not fit is refused as too long") {
    for (const std::string text :
         {"9223372036855y", "99999999999999999999s", "300000y", "200000y 200000y"}) {
        INFO(text);
        const auto parsed = parse_span(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().text().find("too long") != std::string::npos);
    }
    CHECK(parse_span("9223372036854775806us") == Span(Span::max().count() - 1));
    // The number that means infinity is written in one way only.
    CHECK_FALSE(parse_span("9223372036854775807us"));
}

TEST_CASE("a time span is written shortly, and read back as what it was") {
    const std::vector<std::pair<Span, std::string>> cases{{0s, "0s"},
                                                          {90s, "90s"},
                                                          {2min, "120s"},
                                                          {1500ms, "1500ms"},
                                                          {7us, "7us"},
                                                          {Span::max(), "infinity"},
                                                          {1000001us, "1000001us"}};
    for (const auto& [span, text] : cases) {
        CHECK(to_string(span) == text);
        CHECK(parse_span(text) == span);
    }
}

TEST_CASE("a size is read as systemd reads it") {
    const std::vector<std::pair<std::string, std::uint64_t>> cases{
        {"0", 0},
        {"1", 1},
        {"77B", 77},
        {"1K", 1024},
        {"64M", 64ULL << 20U},
        {"1.5G", 3ULL << 29U},
        {"0.25K", 256},
        {".5K", 512},
        {"10.M", 10ULL << 20U},
        {"0.1K", 102},
        {"2T", 2ULL << 40U},
        {"3P", 3ULL << 50U},
        {"7E", 7ULL << 60U},
        {"1 M", 1ULL << 20U},
        {"1G 500M", (1ULL << 30U) + (500ULL << 20U)},
        {"1G500M3", (1ULL << 30U) + (500ULL << 20U) + 3},
        {"9223372036854775807", 9223372036854775807ULL},
    };
    for (const auto& [text, size] : cases) {
        INFO(text);
        const auto parsed = parse_size(text);
        REQUIRE(parsed);
        CHECK(*parsed == size);
    }
}

TEST_CASE("what is no size is refused") {
    for (const std::string text : {"", " ", "M", "-1", "1k", "1KiB", "1MB5", "1 2", "500M 1G",
                                   "1M 1M", "1X", "infinity", "50%", "1,5G"}) {
        INFO(text);
        const auto parsed = parse_size(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().text().find("is not a size") != std::string::npos);
    }
    for (const std::string text :
         {"8E", "9223372036854775808", "99999999999999999999", "7E 1024P"}) {
        INFO(text);
        const auto parsed = parse_size(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().text().find("too large") != std::string::npos);
    }
}

TEST_CASE("a size is shown to people with one digit behind the point") {
    const std::vector<std::pair<std::uint64_t, std::string>> cases{
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1.0 KiB"},
        {1536, "1.5 KiB"},
        {1048575, "1.0 MiB"},
        {1572864, "1.5 MiB"},
        {5368709120, "5.0 GiB"},
        {18446744073709551615ULL, "16.0 EiB"}};
    for (const auto& [bytes, text] : cases)
        CHECK(human_size(bytes) == text);
}
