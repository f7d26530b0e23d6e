// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/process/process.hpp"
#include "tests/unit/catch.hpp"

using agent::process::last_line;

TEST_CASE("A command is told as a person would type it") {
    struct Row {
        std::vector<std::string> arguments;
        std::string text;
    };
    const auto row = GENERATE(values<Row>({
        {{}, ""},
        {{"podman", "create", "--name", "x"}, "podman create --name x"},
        {{"podman", "--label=a=b", "docker.io/x:1@sha256:0"},
         "podman --label=a=b docker.io/x:1@sha256:0"},
        {{"echo", "a b", "", "it's", "$x"}, "echo 'a b' '' 'it'\\''s' '$x'"},
    }));
    CHECK(agent::process::to_string(row.arguments) == row.text);
}

TEST_CASE("A long command is shortened in the middle, and not inside a character") {
    const std::string filler = GENERATE(as<std::string>{}, "x", "ä", "€", "😀");
    std::vector<std::string> arguments{"podman", "create"};
    for (int i = 0; i < 200; ++i)
        arguments.push_back(filler);
    arguments.emplace_back("image");
    const auto text = agent::process::to_string(arguments);
    CHECK(text.size() < 180);
    CHECK(text.starts_with("podman create "));
    CHECK(text.ends_with(" image"));
    const auto gap = text.find("…");
    REQUIRE(gap != std::string::npos);
    for (const auto& end : {text.substr(0, gap), text.substr(gap + std::string("…").size())}) {
        std::string left = end;
        for (std::size_t at = 0; (at = left.find(filler)) != std::string::npos;)
            left.erase(at, filler.size());
        CHECK(left.find_first_not_of("podman create image '") == std::string::npos);
    }
}

TEST_CASE("The last line says what happened") {
    struct Row {
        std::string text;
        std::string line;
    };
    const auto row = GENERATE(values<Row>({
        {"", ""},
        {"\n \n", ""},
        {"one", "one"},
        {"one\ntwo\n", "two"},
        {"Trying to pull…\nError: no such image\n\n", "no such image"},
        {"Error: a\r\n", "a"},
        {"  indented  \n", "indented"},
        {"an Error: inside", "an Error: inside"},
    }));
    CHECK(last_line(row.text) == row.line);
}
