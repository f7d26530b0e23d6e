// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/storage_text.hpp"

#include "tests/unit/catch.hpp"

using namespace agent::podman;

namespace {

constexpr const char* kOurs = "/var/lib/update-agent/images";
const std::string kLine = "additionalimagestores = [\"/var/lib/update-agent/images\"]\n";

struct Row {
    std::string what;
    std::string text;
    std::string with;
};

const std::vector<Row>& rows() {
    static const std::vector<Row> all = {
        {"nothing at all", "", "\n[storage.options]\n" + kLine},
        {"no section", "[storage]\ndriver = \"overlay\"\n",
         "[storage]\ndriver = \"overlay\"\n\n[storage.options]\n" + kLine},
        {"a last line without its end", "[storage]", "[storage]\n\n[storage.options]\n" + kLine},
        {"only sections below", "[storage.options.overlay]\nmountopt = \"nodev\"\n",
         "[storage.options.overlay]\nmountopt = \"nodev\"\n\n[storage.options]\n" + kLine},
        {"a section", "# [storage.options]\n[storage.options] # x\n[storage.options.overlay]\n",
         "# [storage.options]\n[storage.options] # x\n" + kLine + "[storage.options.overlay]\n"},
        {"a section that ends the text", "[storage.options]", "[storage.options]\n" + kLine},
        {"an empty list", "[storage.options]\nadditionalimagestores = [\n]\npull = 1\n",
         "[storage.options]\nadditionalimagestores = [\"/var/lib/update-agent/images\"\n]\n"
         "pull = 1\n"},
        {"a list, its comment and an umlaut",
         "[storage.options]\n# additionalimagestores = [ \"/x\" ]\n\tadditionalimagestores=[ # a "
         "\xc3\xbc ]\n"
         " \"/\xc3\xbc\", \"/]\", # [\n] # b\nx = 1\n",
         "[storage.options]\n# additionalimagestores = [ \"/x\" ]\n"
         "\tadditionalimagestores=[\"/var/lib/update-agent/images\",  # a \xc3\xbc ]\n"
         " \"/\xc3\xbc\", \"/]\", # [\n] # b\nx = 1\n"},
    };
    return all;
}

}  // namespace

TEST_CASE("A store is added to any list, and the text around it stays") {
    for (const auto& row : rows()) {
        INFO(row.what);
        const auto with = with_image_store(row.text, kOurs);
        REQUIRE(with);
        CHECK(*with == row.with);
        auto expected = parse_storage(row.text, "x").value();
        expected.image_stores.insert(expected.image_stores.begin(), kOurs);
        CHECK(parse_storage(*with, "x").value() == expected);
    }
}

TEST_CASE("All stores are taken out of a text, and the rest stays") {
    for (const auto& row : rows()) {
        INFO(row.what);
        const auto without = without_image_stores(row.with);
        REQUIRE(without);
        auto expected = parse_storage(row.text, "x").value();
        expected.image_stores.clear();
        CHECK(parse_storage(*without, "x").value() == expected);
    }
    CHECK(
        without_image_stores("[storage.options]\na = 1\nadditionalimagestores = [\n\"/x\",\n] # c\n"
                             "b = 1\n") == "[storage.options]\na = 1\n # c\nb = 1\n");
    CHECK(without_image_stores("[storage]\n") == "[storage]\n");
}

TEST_CASE("A list that is written in another way is left to a person") {
    const auto* text = GENERATE("[storage]\noptions = { additionalimagestores = [\"/x\"] }\n",
                                "[storage]\noptions.additionalimagestores = [\"/x\"]\n",
                                "[storage.options]\n\"additionalimagestores\" = [\"/x\"]\n");
    CHECK(parse_storage(text, "x").value().image_stores == std::vector<std::string>{"/x"});
    CHECK_FALSE(with_image_store(text, kOurs));
    CHECK_FALSE(without_image_stores(text));
}

TEST_CASE("Paths are quoted in a line as TOML has them") {
    CHECK(image_stores_line({"/a", "/b\"\\c"}) ==
          "additionalimagestores = [\"/a\", \"/b\\\"\\\\c\"]");
}
