// SPDX-License-Identifier: GPL-3.0-or-later
// The example of docs/examples is good, and keeps out what it says.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "agent/model/description.hpp"
#include "agent/model/description_place.hpp"
#include "agent/scopes/scope.hpp"
#include "tests/unit/catch.hpp"

namespace {

namespace model = agent::model;

std::string read(const std::string& name) {
    std::ifstream stream(std::string(SOURCE_DIR) + "/docs/examples/scopes/" + name);
    return {std::istreambuf_iterator<char>(stream), {}};
}

model::Description parsed(const std::string& text) {
    model::Problems problems;
    auto description = model::parse_description(text, "bundle.toml", problems);
    for (const auto& problem : problems)
        FAIL(to_string(problem));
    return description;
}

/// "key: message" of what the example's scope has against a text.
std::vector<std::string> judged(const std::string& text) {
    const auto scope = agent::scopes::Scope::parse(read("schemas/motion.json"));
    if (!scope) FAIL(scope.error().text());
    std::vector<std::string> lines;
    const auto violations = scope->check(model::description_as_json(text)).value();
    for (const auto& each : violations)
        lines.push_back(model::place_in(text, each.path).key + ": " + each.message);
    return lines;
}

std::string patched(std::string text, const std::string& from, const std::string& to) {
    REQUIRE(text.find(from) != std::string::npos);
    return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("the example's add-on is allowed by the scope of the example's base") {
    CHECK(parsed(read("bundle.toml")).scope_definitions == std::vector<std::string>{"motion"});
    CHECK(parsed(read("motion-control.toml")).scope == "motion");
    CHECK(judged(read("motion-control.toml")).empty());
}

TEST_CASE("what the example's scope keeps out is told with its key") {
    struct Case {
        std::string from;
        std::string to;
        std::string says;
    };
    const std::vector<Case> cases = {
        {"\"2001\"", "\"root\"", "containers[0].user: It must match ^2[0-9]{3}$"},
        {"\"2001\"", "\"0\"", "containers[0].user: It must match ^2[0-9]{3}$"},
        {"\"IPC_LOCK\"", "\"SYS_ADMIN\"",
         "containers[0].cap-add[1]: Failed to match against any enum values."},
        {"cpus = 1", "cpus = 2",
         "containers[0].cpus: Expected number less than or equal to 1.500000"},
        {"cpus = 1\n", "", "containers[0]: Missing required property 'cpus'."},
        {"realtime = true", "uid-map = [\"0:0:1\"]",
         "containers[0].uid-map: It must not be there."},
        {"license = \"MIT\"", "init-containers = []", "init-containers: It must not be there."},
        {"motion-control", "control", "id: It must match ^motion-"},
    };
    for (const auto& each : cases) {
        INFO(each.to);
        const auto lines = judged(patched(read("motion-control.toml"), each.from, each.to));
        CHECK(std::find(lines.begin(), lines.end(), each.says) != lines.end());
        for (const auto& line : lines)
            UNSCOPED_INFO(line);
    }
}
