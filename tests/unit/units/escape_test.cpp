// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/units/escape.hpp"

#include <algorithm>
#include <random>

#include "agent/model/unit_name.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/units/unit_file_reader.hpp"

using agent::units::escape_path;
using agent::units::escape_unit_name;
using agent::units::escape_value;
using agent::units::escape_word;
using agent::units::mount_unit_name;
using namespace unit_file_reader;
using Words = std::vector<std::string>;

TEST_CASE("a word is written so that systemd reads it back") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"plain", "plain"},
        {"/usr/bin/podman", "/usr/bin/podman"},
        {"label=update-agent.container=a", "label=update-agent.container=a"},
        {"", R"("")"},
        {"a b", R"("a b")"},
        {"%h", R"("%%h")"},
        {"$HOME ${HOME}", R"("$$HOME $${HOME}")"},
        {R"(back\slash)", R"("back\\slash")"},
        {R"(a"b'c)", R"("a\"b'c")"},
        {";", R"(";")"},
        {"#comment", R"("#comment")"},
        {"a\nb\rc\td\x1b\x7f", R"("a\x0ab\x0dc\x09d\x1b\x7f")"},
        {"\u00fcn\u00efc\u00f6de", "\"\u00fcn\u00efc\u00f6de\""},
    };
    for (const auto& [word, text] : cases) {
        CHECK(escape_word(word) == text);
        CHECK(read_command_line(text) == Words{word});
    }
}

TEST_CASE("NUL, which no argument can hold, is left out") {
    CHECK(escape_word(std::string_view("a\0b", 3)) == R"("ab")");
}

TEST_CASE("a value is written on one line, with its specifiers escaped") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"plain text", "plain text"},
        {"100% $HOME \"quoted\"", "100%% $HOME \"quoted\""},
        {"two\nlines\r\tand\x7fmore", "two lines  and more"},
        {R"(ends with \)", R"(ends with \ )"},
        {"", ""},
    };
    for (const auto& [value, text] : cases)
        CHECK(escape_value(value) == text);
}

TEST_CASE("a path in a list is quoted, with its specifiers escaped") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"/opt/operation", "/opt/operation"},
        {"/with space/50%/$HOME", R"("/with space/50%%/$HOME")"},
        {R"(/a"b\c)", R"("/a\"b\\c")"},
    };
    for (const auto& [path, text] : cases) {
        CHECK(escape_path(path) == text);
        CHECK(read_paths(text) == Words{path});
    }
}

TEST_CASE("a valid unit name stays as it is, and no other gets more than one word") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"sshd@host:1.service", "sshd@host:1.service"},
        {R"(dev-disk-by\x2dlabel-data.device)", R"(dev-disk-by\x2dlabel-data.device)"},
        {"a b\n%.service", R"(a\x20b\x0a\x25.service)"},
    };
    for (const auto& [name, text] : cases)
        CHECK(escape_unit_name(name) == text);
}

TEST_CASE("a mount unit is called as systemd-escape(1) calls it") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"/", "-.mount"},
        {"/opt", "opt.mount"},
        {"/var/lib/update-agent/mounts/0123456789abcdef",
         R"(var-lib-update\x2dagent-mounts-0123456789abcdef.mount)"},
        {"//var///lib/", "var-lib.mount"},
        {"/.hidden/.too", R"(\x2ehidden-.too.mount)"},
        {"/a b/50%/c:d_e.f", R"(a\x20b-50\x25-c:d_e.f.mount)"},
        {"/back\\slash/\u00fc", R"(back\x5cslash-\xc3\xbc.mount)"},
    };
    for (const auto& [path, name] : cases) {
        CHECK(mount_unit_name(path) == name);
        CHECK(agent::model::is_unit_file_name(name));
    }
}

TEST_CASE("any words are read back as they were written") {
    // Seeded, so that a failure comes again.
    std::mt19937 random(1);
    const std::string nasty = "\"'\\$%; \t\n\r{}#=x0an-@:+!\x01\x7f\xc3\xa9";
    std::uniform_int_distribution<std::size_t> any(0, nasty.size() - 1);
    std::uniform_int_distribution<int> length(0, 8);
    for (int round = 0; round < 5000; ++round) {
        Words words(static_cast<std::size_t>(length(random)));
        std::string line;
        for (auto& word : words) {
            for (int size = length(random); size > 0; --size)
                word += nasty[any(random)];
            line += escape_word(word) + " ";
        }
        INFO(line);
        REQUIRE(read_command_line(line) == words);
    }
}

TEST_CASE("the reader reads as systemd does") {
    const std::vector<std::pair<std::string, std::optional<Words>>> cases = {
        {"a  b\tc", Words{"a", "b", "c"}},
        {R"(a"b c"'d "e')", Words{"ab cd \"e"}},
        {R"("\x41\\\"")", Words{"A\\\""}},
        {R"("")", Words{""}},
        {"a ; b", std::nullopt},
        {"%h", std::nullopt},
        {"$HOME", std::nullopt},
        {R"("open)", std::nullopt},
        {"a\\", std::nullopt},
        {R"(\x00)", std::nullopt},
        {"a\nb", std::nullopt},
    };
    for (const auto& [line, words] : cases) {
        INFO(line);
        CHECK(read_command_line(line) == words);
    }
}
