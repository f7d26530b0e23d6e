// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/scopes/scope.hpp"

#include <chrono>
#include <nlohmann/json.hpp>

#include "tests/unit/catch.hpp"

using agent::model::ErrorCode;
using agent::scopes::Scope;
using agent::scopes::Violation;
using Json = nlohmann::json;

namespace {

std::string joined(const std::vector<std::string>& path) {
    std::string text;
    for (const auto& step : path)
        text += (text.empty() ? "" : "/") + step;
    return text;
}

/// "path: message" of every violation.
std::vector<std::string> check(const std::string& schema, const std::string& json) {
    const auto scope = Scope::parse(schema);
    if (!scope) FAIL(scope.error().text());
    const auto result = scope->check(json);
    if (!result) FAIL(result.error().text());
    std::vector<std::string> lines;
    for (const auto& each : *result)
        lines.push_back(joined(each.path) + ": " + each.message);
    return lines;
}

const std::string kSchema = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "test",
  "type": "object",
  "required": ["id"],
  "additionalProperties": false,
  "properties": {
    "id": {"$ref": "#/definitions/name"},
    "realtime": false,
    "cpus": {"type": "number", "maximum": 2, "multipleOf": 0.5},
    "containers": {
      "type": "array", "maxItems": 2,
      "items": {
        "additionalProperties": {"not": {"const": "root"}},
        "properties": {
          "user": {"enum": ["0", "root"]},
          "cap-add": {"items": {"anyOf": [{"const": "NET_ADMIN"}, {"pattern": "^SYS_"}]}}
        }
      }
    }
  },
  "definitions": {"name": {"type": "string", "pattern": "^nav-"}}
})";

}  // namespace

TEST_CASE("what a schema allows is allowed, and what not is told with its place") {
    using Lines = std::vector<std::string>;
    struct Case {
        std::string json;
        Lines says;
    };
    const std::vector<Case> cases = {
        {R"({"id": "nav-one"})", {}},
        {R"({"id": "nav-one", "containers": [{"user": "root", "cap-add": ["SYS_NICE", "NET_ADMIN"],
             "workdir": "/"}], "cpus": 1.5})",
         {}},
        {R"({"id": "one"})", {"id: It must match ^nav-"}},
        {R"({"id": "nav-one", "realtime": true})", {"realtime: It must not be there."}},
        {R"({"id": "nav-one", "volumes": []})", {"volumes: It must not be there."}},
        {R"({})", {": Missing required property 'id'."}},
        {R"({"id": "nav-one", "cpus": 3})",
         {"cpus: Expected number less than or equal to 2.000000"}},
        {R"({"id": "nav-one", "containers": [{}, {"user": "2001"}]})",
         {"containers/1/user: Failed to match against any enum values."}},
    };
    for (const auto& each : cases) {
        INFO(each.json);
        const auto lines = check(kSchema, each.json);
        CHECK(lines == each.says);
    }
}

TEST_CASE("a schema that is false for all lets nothing in and says so") {
    CHECK(check("false", "{}") == std::vector<std::string>{": It must not be there."});
    CHECK(check("true", "{}").empty());
    CHECK(check("{}", R"({"a": [1, 2]})").empty());
}

TEST_CASE("what is no JSON Schema, or none for a scope, is refused with its place") {
    struct Case {
        std::string schema;
        std::string says;
    };
    const auto nested = [](std::size_t depth) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i)
            text += R"({"not": )";
        return text + "true" + std::string(depth, '}');
    };
    std::string many = R"({"definitions": {)";
    for (int i = 0; i < 500; ++i)
        many += "\"d" + std::to_string(i) + "\": {},";
    many.back() = '}';
    many += '}';
    std::string chain = R"({"$ref": "#/definitions/d0", "definitions": {)";
    for (int i = 0; i < 40; ++i)
        chain += "\"d" + std::to_string(i) + R"(": {"$ref": "#/definitions/d)" +
                 std::to_string(i + 1) + "\"},";
    chain += R"("d40": {}}})";
    const std::vector<Case> cases = {
        {"", "no JSON Schema"},
        {"{", "no JSON Schema"},
        {"[]", "#: is no schema"},
        {"1", "#: is no schema"},
        {std::string(100000, '['), "no JSON Schema"},
        {R"({"enum": )" + std::string(100, '[') + std::string(100, ']') + "}", "nests too deep"},
        {std::string((256U << 10U) + 1, ' '), "more than 262144 bytes"},
        {R"({"propertys": {}})", "#/propertys: is no keyword"},
        {R"({"properties": {"a/b": {"uniqueItems": true}}})",
         "#/properties/a~1b/uniqueItems: is no keyword"},
        {R"({"format": "date"})", "is no keyword"},
        {R"({"patternProperties": {}})", "is no keyword"},
        {R"({"update-agent-step": 0})", "is no keyword"},
        {R"({"type": "text"})", "#/type: is none of array"},
        {R"({"type": 1})", "#/type: is none of array"},
        {R"({"\u001b[2J": 1})", "#/\\x1b[2J: is no keyword"},
        {R"({"multipleOf": 0})", "#/multipleOf: is no number above 0"},
        {R"({"multipleOf": -1})", "#/multipleOf: is no number above 0"},
        {R"({"pattern": "("})", "#/pattern: is no regular expression"},
        {R"({"pattern": 1})", "#/pattern: is no string"},
        {R"({"maxLength": -1})", "#/maxLength: is no number of things"},
        {R"({"maximum": "1"})", "#/maximum: is no number"},
        {R"({"enum": 1})", "no JSON Schema"},
        {R"({"required": "id"})", "no JSON Schema"},
        {R"({"allOf": []})", "#/allOf: is no array of schemas"},
        {R"({"anyOf": {}})", "#/anyOf: is no array of schemas"},
        {R"({"properties": []})", "#/properties: is no object of schemas"},
        {R"({"properties": {"a": 1}})", "#/properties/a: is no schema"},
        {R"({"items": 1})", "#/items: is no schema"},
        {R"({"$ref": 1})", "#/$ref: does not begin with #/"},
        {R"({"$ref": "http://127.0.0.1:1/x"})", "other documents are never fetched"},
        {R"({"$ref": "file:///etc/passwd#/x"})", "other documents are never fetched"},
        {R"({"$ref": "other.json"})", "other documents are never fetched"},
        {R"({"$ref": "#/definitions/none"})", "where there is no schema"},
        {R"({"$ref": "#/definitions", "definitions": {}})", "where there is no schema"},
        {R"({"$ref": "#/definitions/a%20b", "definitions": {"a b": {}}})", "has a %"},
        {R"({"$ref": "#/definitions/a", "type": "object", "definitions": {"a": {}}})",
         "beside other keys"},
        {R"({"$ref": "#"})", "again and again"},
        {R"({"allOf": [{"$ref": "#"}]})", "again and again"},
        {R"({"if": {"not": {"$ref": "#/definitions/a"}}, "definitions":
             {"a": {"anyOf": [{"$ref": "#/if"}]}}})",
         "again and again"},
        {R"({"dependencies": {"a": {"$ref": "#"}}})", "again and again"},
        {nested(20), "lies too deep"},
        {many, "more than 500 schemas"},
        {chain, "more than 32 schemas apply"},
    };
    for (const auto& each : cases) {
        INFO(each.schema.substr(0, 200));
        const auto scope = Scope::parse(each.schema);
        REQUIRE_FALSE(scope);
        INFO(scope.error().text());
        CHECK(scope.error().code() == ErrorCode::invalid);
        CHECK(scope.error().text().find(each.says) != std::string::npos);
    }
}

TEST_CASE("a schema may refer to itself for what lies deeper") {
    const std::string tree = R"({"type": "object", "additionalProperties": {"$ref": "#"}})";
    CHECK(check(tree, R"({"a": {"b": {"c": {}}}})").empty());
    CHECK(check(tree, R"({"a": {"b": 1}})").front().starts_with("a/b: "));
}

TEST_CASE("a chain of as many schemas as there may be is parsed and followed") {
    std::string schema = R"({"$ref": "#/definitions/d0", "definitions": {)";
    constexpr int kCount = 490;
    for (int i = 0; i < kCount; ++i)
        schema += "\"d" + std::to_string(i) + R"(": {"items": {"$ref": "#/definitions/d)" +
                  std::to_string((i + 1) % kCount) + "\"}},";
    schema.back() = '}';
    // Each has one more in it: half as many.
    const auto too_many = Scope::parse(schema + "}");
    CHECK_FALSE(too_many);
    schema = R"({"$ref": "#/definitions/d0", "definitions": {)";
    for (int i = 0; i < 240; ++i)
        schema += "\"d" + std::to_string(i) + R"(": {"items": {"$ref": "#/definitions/d)" +
                  std::to_string((i + 1) % 240) + "\"}},";
    schema.back() = '}';
    CHECK(check(schema + "}", "[[[[1]]]]").empty());
}

TEST_CASE("work that doubles at each step ends after a few seconds") {
    Json schema = {{"$ref", "#/definitions/d0"}, {"definitions", Json::object()}};
    for (int i = 0; i < 15; ++i) {
        const Json next = {{"$ref", "#/definitions/d" + std::to_string(i + 1)}};
        schema["definitions"]["d" + std::to_string(i)] = {{"allOf", {next, next, next, next}}};
    }
    schema["definitions"]["d15"] = {{"type", "object"}};
    const auto scope = Scope::parse(schema.dump());
    if (!scope) FAIL(scope.error().text());
    const auto begin = std::chrono::steady_clock::now();
    const auto result = scope->check("{}");
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::conflict);
    CHECK(result.error().text().find("too much work") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::minutes(1));
    // And it can be asked again.
    CHECK_FALSE(scope->check("{}"));
}

TEST_CASE("patterns over a long description are bounded together") {
    const auto scope = Scope::parse(
        R"({"properties": {"command": {"items": {"pattern": "((a{1,30}){1,30})b"}}}})");
    REQUIRE(scope);
    const Json value = {{"command", Json::array()}};
    auto longest = value;
    for (int i = 0; i < 5; ++i)
        longest["command"].push_back(std::string(4000, 'a'));
    CHECK_FALSE(scope->check(longest.dump()));
    CHECK_FALSE(scope->check(R"({"command": [")" + std::string(200000, 'a') + "\"]}"));
}
