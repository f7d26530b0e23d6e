// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/description.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/model/description_text.hpp"

using namespace agent::model;
using description_text::addon;
using description_text::base;
using description_text::container;

namespace {

std::vector<std::string> unsupported_in(const std::string& text) {
    Problems problems;
    const auto description = parse_description(text, "f", problems);
    for (const auto& problem : problems)
        UNSCOPED_INFO(to_string(problem));
    REQUIRE(problems.empty());
    std::vector<std::string> keys;
    for (const auto& problem : unsupported_keys(description, "bundle.toml")) {
        CHECK(problem.code == ErrorCode::invalid);
        CHECK(problem.where == "bundle.toml");
        CHECK(to_string(problem).find("not supported by this version") != std::string::npos);
        keys.push_back(problem.key);
    }
    return keys;
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("a description that can be carried out has no unsupported keys") {
    CHECK(
        unsupported_in(
            base(
                "scope-definitions = [\"s\"]\narchitectures = [\"amd64\"]\ncompatible = [\"x\"]\n" +
                container("a",
                          "memory-max = \"1G\"\nnetwork = \"bridge\"\n"
                          "ports = [\"80\"]\nhealth = {cmd = \"true\"}\n"
                          "devices = [\"/dev/a\"]\nrealtime = true\ntmpfs = [\"/tmp\"]\n"
                          "secrets = [{name = \"s\"}]\n"
                          "mounts = [{volume = \"v\", target = \"/v\"}]\n") +
                "[[groups]]\nname = \"g\"\ngid = 2000\n"
                "[[volumes]]\nname = \"v\"\n"))
            .empty());
    CHECK(unsupported_in(addon("bundle-group = {name = \"g\", gid = 2000}\n" + container("a")))
              .empty());
}

TEST_CASE("every key that cannot be carried out yet is named") {
    CHECK(unsupported_in(base(container("a") + "[[init-containers]]\nname = \"i\"\nimage = \"i\"\n"
                                               "[[file-providers]]\nimage = \"f\"\ncopy = []\n")) ==
          Keys{"file-providers"});
    CHECK(unsupported_in(addon("scope = \"s\"\n" + container("a"))).empty());
    CHECK(unsupported_in(base("images = \"registry\"\n[[containers]]\nname = \"a\"\nimage = "
                              "\"r.example/a@sha256:" +
                              std::string(64, '0') + "\"\n"))
              .empty());
}
