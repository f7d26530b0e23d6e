// SPDX-License-Identifier: GPL-3.0-or-later
#include <fstream>

#include "agent/model/description.hpp"
#include "tests/unit/catch.hpp"

using namespace agent::model;

namespace {

/// The texts between .EX and .EE of a manual page, as a reader sees them.
std::vector<std::string> examples_of(const std::string& page) {
    std::ifstream stream(std::string(SOURCE_DIR) + "/docs/man/" + page);
    std::vector<std::string> examples;
    bool inside = false;
    for (std::string line; std::getline(stream, line);) {
        if (line == ".EE") inside = false;
        for (auto at = line.find("\\-"); at != std::string::npos; at = line.find("\\-", at))
            line.erase(at, 1);
        if (inside) examples.back() += line + '\n';
        if (line != ".EX") continue;
        inside = true;
        examples.emplace_back();
    }
    return examples;
}

}  // namespace

TEST_CASE("the examples of bundle.toml(5) are good") {
    const auto examples = examples_of("bundle.toml.5");
    REQUIRE(examples.size() == 2);
    for (const auto& example : examples) {
        Problems problems;
        static_cast<void>(parse_description(example, "bundle.toml.5", problems));
        for (const auto& problem : problems)
            UNSCOPED_INFO(to_string(problem));
        CHECK(problems.empty());
    }
}
