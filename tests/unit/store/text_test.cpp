// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/toml_reader.hpp"
#include "agent/store/paths.hpp"
#include "agent/store/timestamp.hpp"
#include "agent/store/toml_text.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/store/example.hpp"

using namespace agent::store;
using agent::model::SystemTime;

namespace {

SystemTime at(std::int64_t nanoseconds) {
    return SystemTime(
        std::chrono::duration_cast<SystemTime::duration>(std::chrono::nanoseconds(nanoseconds)));
}

std::string through_toml(const std::string& value) {
    agent::model::Problems problems;
    auto document =
        agent::model::TomlDocument::parse("key = " + toml_string(value), "test", problems);
    for (const auto& problem : problems)
        FAIL(to_string(problem));
    return document.root().string("key").value_or("nothing");
}

}  // namespace

TEST_CASE("times are written in UTC and read back to the nanosecond") {
    const std::vector<std::pair<std::int64_t, std::string>> table = {
        {0, "1970-01-01T00:00:00Z"},
        {1'767'323'045'000'000'000, "2026-01-02T03:04:05Z"},
        {1'767'323'045'000'000'001, "2026-01-02T03:04:05.000000001Z"},
        {1'709'164'799'999'999'999, "2024-02-28T23:59:59.999999999Z"},
        {1'709'164'800'000'000'000, "2024-02-29T00:00:00Z"},
        {-1, "1969-12-31T23:59:59.999999999Z"},
    };
    for (const auto& [nanoseconds, text] : table) {
        CHECK(to_rfc3339(at(nanoseconds)) == text);
        CHECK(parse_rfc3339(text) == at(nanoseconds));
    }
    CHECK(to_readable_time(at(1'767'323'045'000'000'001)) == "2026-01-02 03:04:05Z");
    CHECK(parse_rfc3339("2026-01-02T03:04:05.5Z") == at(1'767'323'045'500'000'000));
}

TEST_CASE("what is no time is not read as one") {
    for (const auto* text :
         {"", "Z", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z",
          "2026-13-02T03:04:05Z", "2026-02-29T03:04:05Z", "2026-01-02T24:04:05Z",
          "2026-01-02T03:60:05Z", "2026-01-02T03:04:60Z", "2026-01-02T03:04:05.Z",
          "2026-01-02T03:04:05.1234567890Z", "2026-01-02T03:04:05+01:00", "-026-01-02T03:04:05Z",
          "9999-01-02T03:04:05Z", "0000-01-01T00:00:00Z", "2026-01-02T03:04:05.12x4Z"}) {
        INFO(text);
        CHECK_FALSE(parse_rfc3339(text));
    }
}

TEST_CASE("strings survive TOML whatever they hold") {
    for (const auto& value :
         {std::string(), std::string("plain"), std::string("\"\"\"'''"), std::string("a\\nb\\"),
          std::string("line\nline\r\n\ttab"), std::string("\0\x01\x1f\x7f", 4),
          std::string("]\n[[bundles]]\nid = \"evil\""), std::string("äöü € 𝄞 \uFEFF \uFFFF")})
        CHECK(through_toml(value) == value);
}

TEST_CASE("bytes that are not UTF-8 are replaced") {
    const std::string bad = "\uFFFD";
    const std::vector<std::pair<std::string, std::string>> table = {
        {"a\xFFz", "a" + bad + "z"},       {"\xC3", bad},
        {"\xC0\xAF", bad + bad},           {"\xE0\x80\x80", bad + bad + bad},
        {"\xED\xA0\x80", bad + bad + bad}, {"\xF4\x90\x80\x80", bad + bad + bad + bad},
        {"\xE2\x82\"", bad + bad + "\""},
    };
    for (const auto& [value, expected] : table)
        CHECK(through_toml(value) == expected);
}

TEST_CASE("everything lies below the root that is asked for") {
    const Paths paths("/mnt/image");
    CHECK(paths.operation() == "/mnt/image/opt/operation");
    CHECK(paths.units_link() == "/mnt/image/opt/operation/systemd-units");
    CHECK(paths.generation(7) == "/mnt/image/opt/operation/update-agent/generations/7");
    CHECK(paths.generation_state(7) == "/mnt/image/opt/operation/update-agent/generations/7.state");
    CHECK(Paths("/").lock() == "/opt/operation/update-agent/lock");
    CHECK(Paths("/").history() == "/opt/operation/update-agent/history.jsonl");
    CHECK(Paths("/").older_history() == "/opt/operation/update-agent/history.jsonl.1");
}

TEST_CASE("build metadata makes no other directory of a bundle") {
    const auto id = test::must(agent::model::BundleId::parse("mqtt-base"));
    for (const auto* version : {"1.2.3-rc.1", "1.2.3-rc.1+build.5", "1.2.3-rc.1+x-y"})
        CHECK(Paths("/").bundle(id, test::must(agent::model::Version::parse(version))) ==
              "/opt/operation/update-agent/bundles/mqtt-base_1.2.3-rc.1");
}
