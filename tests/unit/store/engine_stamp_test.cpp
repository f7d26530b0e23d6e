// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/engine_stamp.hpp"

#include "tests/unit/store/example.hpp"

using namespace agent::store;
using agent::model::ErrorCode;

TEST_CASE("the stamp says which generation the store was last stopped with") {
    const test::TemporaryDirectory graph_root;
    CHECK_FALSE(stamp_matches(graph_root.path(), 0));
    test::must(write_stamp(graph_root.path(), 7));
    CHECK(
        test::tree_of(graph_root.path()) ==
        std::map<std::string, std::string>{{"update-agent.stamp", "format = 1\ngeneration = 7\n"}});
    CHECK(stamp_matches(graph_root.path(), 7));
    CHECK_FALSE(stamp_matches(graph_root.path(), 6));
    test::must(write_stamp(graph_root.path(), 0));
    CHECK(stamp_matches(graph_root.path(), 0));
    test::must(remove_stamp(graph_root.path()));
    CHECK_FALSE(stamp_matches(graph_root.path(), 0));
    test::must(remove_stamp(graph_root.path()));
}

TEST_CASE("a stamp that cannot be read is no match") {
    const test::TemporaryDirectory graph_root;
    for (const std::string text :
         {"", "format = 1\n", "generation = 7\n", "format = 2\ngeneration = 7\n",
          "format = 1\ngeneration = \"7\"\n", "format = 1\ngeneration = 7\nmore = 1\n",
          "format = 1\ngeneration = 7", "form"}) {
        INFO(text);
        test::write_text(graph_root.path() / "update-agent.stamp", text);
        CHECK(stamp_matches(graph_root.path(), 7) == (text == "format = 1\ngeneration = 7"));
    }
}

TEST_CASE("there is no stamp without a graph root") {
    const test::TemporaryDirectory temporary;
    const auto nowhere = temporary.path() / "storage";
    CHECK(write_stamp(nowhere, 1).error().code() == ErrorCode::not_found);
    CHECK_FALSE(stamp_matches(nowhere, 1));
    test::must(remove_stamp(nowhere));
    CHECK_FALSE(std::filesystem::exists(nowhere));
}
