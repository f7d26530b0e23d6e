// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/description_place.hpp"

#include <nlohmann/json.hpp>

#include "tests/unit/catch.hpp"

using namespace agent::model;

namespace {

const std::string kText = R"(format = 1
name = "ü" # a comment
[bundle-group]
name = "view"

[[containers]]
name = "panel"
env = { HOME = "/", "a.b" = "c" }

[[containers]]
  name = "other"
  mounts = [{ volume = "v", target = "/v" },
            { volume = "w", target = "/w" }]
  health.cmd = ["a", "b"]
)";

}  // namespace

TEST_CASE("a value of a description is found by its keys and indices") {
    struct Case {
        std::vector<std::string> path;
        std::string key;
        unsigned line;
        unsigned column;
    };
    const std::vector<Case> cases = {
        {{}, "", 1, 1},
        {{"name"}, "name", 2, 1},
        {{"bundle-group", "name"}, "bundle-group.name", 4, 1},
        {{"containers"}, "containers", 6, 3},
        {{"containers", "1", "name"}, "containers[1].name", 11, 3},
        {{"containers", "1", "mounts", "1", "target"}, "containers[1].mounts[1].target", 13, 29},
        {{"containers", "1", "health", "cmd", "1"}, "containers[1].health.cmd[1]", 14, 22},
        {{"containers", "0", "env", "a.b"}, "containers[0].env.a.b", 8, 21},
        // What is not there is where it would be.
        {{"scope"}, "scope", 1, 1},
        {{"containers", "1", "user"}, "containers[1].user", 10, 1},
        {{"containers", "7", "user"}, "containers[7].user", 6, 3},
        {{"containers", "x"}, "containers.x", 6, 3},
        {{"name", "deeper", "still"}, "name.deeper.still", 2, 1},
        {{"\x1b[2J"}, "\\x1b[2J", 1, 1},
    };
    for (const auto& each : cases) {
        const auto place = place_in(kText, each.path);
        INFO(each.key);
        CHECK(place.key == each.key);
        CHECK(place.position.line == each.line);
        CHECK(place.position.column == each.column);
    }
}

TEST_CASE("a description as JSON has the same values") {
    const std::string text = R"(format = 1
name = "\u0001\u007f \"q\" \\ ü \U0001F600"
lines = """
one
\ttwo"""
cpus = 1.5
whole = 2.0
low = -9223372036854775808
on = true
day = 2026-01-02
none = []
tables = [{ "a.b" = [1, 2] }, {}]
deep.er = { x = '\d' }
)";
    const auto json = nlohmann::json::parse(description_as_json(text));
    CHECK(json == nlohmann::json::parse(R"({"format": 1,
        "name": "\u0001\u007f \"q\" \\ ü \ud83d\ude00", "lines": "one\n\ttwo",
        "cpus": 1.5, "whole": 2.0, "low": -9223372036854775808, "on": true, "day": "2026-01-02",
        "none": [], "tables": [{"a.b": [1, 2]}, {}], "deep": {"er": {"x": "\\d"}}})"));
}

TEST_CASE("a text that is no TOML has no places, and is no JSON") {
    for (const auto& text : {std::string(), std::string("a ="), std::string("a = [1"),
                             std::string(5000, 'a').replace(0, 4000, 4000, '.')}) {
        const auto place = place_in(text, {"a", "0"});
        CHECK(place.key == "a[0]");
        CHECK(place.position.line == 0);
        CHECK(description_as_json(text).empty());
    }
}
