// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/toml_reader.hpp"

#include <functional>

#include "tests/unit/catch.hpp"

using agent::model::Problem;
using agent::model::Problems;
using agent::model::to_string;
using agent::model::TomlDocument;
using agent::model::TomlTable;

namespace {

/// The problems that reading `text` with `read` gives, as text.
std::vector<std::string> problems_of(std::string_view text,
                                     const std::function<void(TomlTable&)>& read) {
    Problems problems;
    auto document = TomlDocument::parse(text, "f", problems);
    auto root = document.root();
    read(root);
    std::vector<std::string> texts;
    for (const auto& problem : problems)
        texts.push_back(to_string(problem));
    return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("values are read by their types") {
    Problems problems;
    auto document = TomlDocument::parse(
        "s = \"text\"\ni = 7\nd = 1.5\nb = true\nl = [\"x\", \"y\"]\n[t]\nk = \"v\"\n[[a]]\nn = 1\n"
        "[[a]]\nn = 2\n",
        "f", problems);
    REQUIRE(document.valid());
    auto root = document.root();
    CHECK(root.string("s") == "text");
    CHECK(root.integer("i") == 7);
    CHECK(root.number("d") == 1.5);
    CHECK(root.number("i") == 7.0);
    CHECK(root.boolean("b") == true);
    CHECK(root.strings("l") == Texts{"x", "y"});
    CHECK(root.is_array("l"));
    CHECK_FALSE(root.is_array("s"));
    REQUIRE(root.table("t"));
    CHECK(root.table("t")->string("k") == "v");
    auto tables = root.tables("a");
    REQUIRE(tables.size() == 2);
    CHECK(tables[1].integer("n") == 2);
    CHECK(root.has("s"));
    CHECK_FALSE(root.has("z"));
    CHECK(root.string_map("t") == std::vector<std::pair<std::string, std::string>>{{"k", "v"}});
    root.finish();
    CHECK(problems.empty());
}

TEST_CASE("what is absent reads as nothing and is no problem") {
    const auto problems = problems_of("", [](TomlTable& root) {
        CHECK_FALSE(root.string("a"));
        CHECK_FALSE(root.integer("a"));
        CHECK_FALSE(root.number("a"));
        CHECK_FALSE(root.boolean("a"));
        CHECK(root.strings("a").empty());
        CHECK_FALSE(root.table("a"));
        CHECK(root.tables("a").empty());
        CHECK(root.string_map("a").empty());
        CHECK_FALSE(root.end_of("a"));
    });
    CHECK(problems.empty());
}

TEST_CASE("a value of the wrong type is a problem at its key, told once, and reads as absent") {
    const auto problems = problems_of(
        "s = 1\n"
        "i = 1.5\n"
        "  d = \"1\"\n"
        "b = \"true\"\n"
        "l = \"x\"\n"
        "m = [\"x\", 2, [\"y\"]]\n"
        "t = []\n"
        "a = {}\n"
        "c = [1]\n"
        "e = {X = \"1\", Y = 2}\n"
        "z = 1979-05-27\n",
        [](TomlTable& root) {
            for (int times = 0; times < 2; ++times) {
                CHECK_FALSE(root.string("s"));
                CHECK_FALSE(root.integer("i"));
                CHECK_FALSE(root.number("d"));
                CHECK_FALSE(root.boolean("b"));
                CHECK(root.strings("l").empty());
                CHECK(root.strings("m").empty());
                CHECK_FALSE(root.table("t"));
                CHECK(root.tables("a").empty());
                CHECK(root.tables("c").empty());
                CHECK(root.string_map("e").size() == 1);
                CHECK_FALSE(root.string("z"));
            }
        });
    CHECK(
        problems ==
        Texts{"f:1:1: s: must be a string, but is an integer (write it in quotes)",
              "f:2:1: i: must be an integer, but is a floating-point number (write it without "
              "quotes and point)",
              "f:3:3: d: must be a number, but is a string (write it without quotes)",
              "f:4:1: b: must be a boolean, but is a string (write true or false)",
              "f:5:1: l: must be an array of strings, but is a string (write it as [\"…\", \"…\"])",
              "f:6:11: m[1]: must be a string, but is an integer (write it in quotes)",
              "f:6:14: m[2]: must be a string, but is an array (write it in quotes)",
              "f:7:1: t: must be a table, but is an array (write it once, as [t])",
              "f:8:1: a: must be an array of tables, but is a table (write each as [[a]])",
              "f:9:6: c[0]: must be a table, but is an integer (write each as [[c]])",
              "f:10:15: e.Y: must be a string, but is an integer (write it in quotes)",
              "f:11:1: z: must be a string, but is a date or a time (write it in quotes)"});
}

TEST_CASE("a key that nobody reads is a problem, with the nearest known one") {
    const auto problems =
        problems_of("nam = 1\nfully_different = 2\nread_only = 3\n[[box]]\nsize = 1\nwidht = 2\n",
                    [](TomlTable& root) {
                        static_cast<void>(root.string("name"));
                        static_cast<void>(root.boolean("read-only"));
                        for (auto& box : root.tables("box")) {
                            static_cast<void>(box.integer("size"));
                            static_cast<void>(box.integer("width"));
                            box.finish();
                        }
                        root.finish();
                    });
    CHECK(problems ==
          Texts{"f:6:1: box[0].widht: unknown key (did you mean \"width\"?)",
                "f:2:1: fully_different: unknown key (known here: box, name, read-only)",
                "f:1:1: nam: unknown key (did you mean \"name\"?)",
                "f:3:1: read_only: unknown key (did you mean \"read-only\"?)"});
}

TEST_CASE("a problem stands at its key, its element, or its table") {
    const auto problems = problems_of(
        "l = [\"x\",\n  \"y\"]\n[t]\n\n[[a]]\nn = 1\n[a.env]\nA = \"1\"\n\"b.c\" = \"2\"\n",
        [](TomlTable& root) {
            root.problem("l", "key");
            root.problem("l[1]", "element");
            root.problem("l[7]", "no element");
            root.problem("missing", "no key");
            root.table("t")->problem("", "table");
            auto box = root.tables("a").front();
            box.problem("missing", "no key");
            box.problem("env.A", "member", "hint");
            box.problem("env.b.c", "member with a dot");
            box.problem("env.missing", "no member");
        });
    CHECK(problems == Texts{"f:1:1: l: key", "f:2:3: l[1]: element", "f:1:1: l[7]: no element",
                            "f:1:1: missing: no key", "f:3:1: t: table",
                            "f:5:1: a[0].missing: no key", "f:8:1: a[0].env.A: member (hint)",
                            "f:9:1: a[0].env.b.c: member with a dot",
                            "f:7:4: a[0].env.missing: no member"});
}

TEST_CASE("control characters of keys do not reach a terminal") {
    const auto problems = problems_of("\"a\\nb\\u001b\" = 1\n\"\\u0007\" = 1\n",
                                      [](TomlTable& root) { root.finish(); });
    CHECK(problems == Texts{"f:2:1: \\x07: unknown key", "f:1:1: a\\x0ab\\x1b: unknown key"});
}

TEST_CASE("columns count characters, not bytes") {
    const auto problems = problems_of("\u00e4 = 1\n", [](TomlTable&) {});
    CHECK(problems.size() == 1);
    CHECK(problems_of("t = {\"\u00e4\u00f6\" = 1, n = 2}\n", [](TomlTable& root) {
              root.table("t")->problem("n", "here");
          }) == Texts{"f:1:16: t.n: here"});
}

TEST_CASE("what is not TOML is one problem, and reads as empty") {
    struct Row {
        std::string text;
        unsigned line;
        std::string part;
    };
    for (const auto& row : {
             Row{"a = \n", 1, ""},
             Row{"ok = 1\na = 1\na = 2\n", 3, "redefine"},
             Row{"[t]\n[t]\n", 2, "redefine"},
             Row{"a = \"x\ny\"\n", 1, "string"},
             Row{"a = \"\xff\"\n", 1, "utf-8"},
             Row{std::string("a = 1\n\0b = 2\n", 12), 2, ""},
             Row{"a = 99999999999999999999\n", 1, "64 bits"},
         }) {
        INFO(row.text);
        Problems problems;
        auto document = TomlDocument::parse(row.text, "f", problems);
        CHECK_FALSE(document.valid());
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].where == "f");
        CHECK(problems[0].line == row.line);
        CHECK(problems[0].column > 0);
        CHECK(problems[0].message.find(row.part) != std::string::npos);
        CHECK_FALSE(document.root().has("ok"));
    }
}

TEST_CASE("a key of very many parts is refused before it can exhaust the stack") {
    std::string deep = "a";
    for (int i = 0; i < 200'000; ++i)
        deep += ".a";
    for (const auto& text : {"x = 1\n" + deep + " = 1\n", "x = 1\n[" + deep + "]\n",
                             "x = 1\ny = {" + deep + " = 1}\n"}) {
        Problems problems;
        CHECK_FALSE(TomlDocument::parse(text, "f", problems).valid());
        REQUIRE(problems.size() == 1);
        CHECK(to_string(problems[0]) ==
              "f:2:1: a key has too many parts (write at most 32 parts with dots)");
    }
}

TEST_CASE("dots of values and comments are no parts of a key") {
    const std::string dots(100, '.');
    for (const auto& text : {"a = \"" + dots + "\"", "a = '" + dots + "'", "# " + dots,
                             "a = \"\"\"\n" + dots + "\"\"\"", "a = '''\n" + dots + "''''",
                             "a = \"\"\"\"\"" + dots + "\"\"\"\"\"\nb = 1 # " + dots,
                             "a = \"\\\"" + dots + "\"", "\"" + dots + "\" = 1"}) {
        INFO(text);
        Problems problems;
        CHECK(TomlDocument::parse(text, "f", problems).valid());
    }
    std::string floats = "a = [";
    for (int i = 0; i < 100; ++i)
        floats += "1.5, ";
    Problems problems;
    CHECK(TomlDocument::parse(floats + "]", "f", problems).valid());
}

TEST_CASE("a document can be moved while its tables are read") {
    Problems problems;
    auto document = TomlDocument::parse("a = 1\n", "f", problems);
    auto root = document.root();
    auto moved = std::move(document);
    CHECK(root.integer("a") == 1);
    CHECK(moved.root().integer("a") == 1);
}

TEST_CASE("the end of a value is known, and whether its table is inline") {
    Problems problems;
    auto document = TomlDocument::parse("s = \"\u00e4b\" # x\nt = {k = 1}\n[u]\n", "f", problems);
    auto root = document.root();
    REQUIRE(root.end_of("s"));
    CHECK(root.end_of("s")->line == 1);
    CHECK(root.end_of("s")->column == 9);
    CHECK(root.table("t")->is_inline());
    CHECK_FALSE(root.table("u")->is_inline());
    CHECK_FALSE(root.is_inline());
}
