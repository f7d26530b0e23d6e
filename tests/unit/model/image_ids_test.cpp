// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/description.hpp"
#include "tests/unit/catch.hpp"

using namespace agent::model;

namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');

std::string with_ids(const std::string& text) {
    return with_image_ids(text, {{"a:1", *Sha256::parse(kA)}, {"\u00e4", *Sha256::parse(kB)}});
}

}  // namespace

TEST_CASE("ids are written below the images that have none, and nothing else changes") {
    CHECK(with_ids("# first\n"
                   "[[containers]]\n"
                   "image = \"a:1\"  # keep me\n"
                   "name = \"x\"\n"
                   "\n"
                   "  [[init-containers]]\n"
                   "\timage=\"a:1\"\n"
                   "[[containers]]\n"
                   "image = \"a:1\"\n"
                   "image-id = \"sha256:mine\"\n"
                   "[[containers]]\n"
                   "image = \"other\"\n"
                   "[[file-providers]]\n"
                   "image = 'a:1'") ==
          "# first\n"
          "[[containers]]\n"
          "image = \"a:1\"  # keep me\n"
          "image-id = \"sha256:" +
              kA +
              "\"\n"
              "name = \"x\"\n"
              "\n"
              "  [[init-containers]]\n"
              "\timage=\"a:1\"\n"
              "\timage-id = \"sha256:" +
              kA +
              "\"\n"
              "[[containers]]\n"
              "image = \"a:1\"\n"
              "image-id = \"sha256:mine\"\n"
              "[[containers]]\n"
              "image = \"other\"\n"
              "[[file-providers]]\n"
              "image = 'a:1'\n"
              "image-id = \"sha256:" +
              kA + "\"");
}

TEST_CASE("ids are written into inline tables, behind the image") {
    CHECK(with_ids("containers = [\n  {image = \"a:1\", name = \"x\"}, # one\n"
                   "  {name = \"y\", image = \"a:1\"},\n]\n") ==
          "containers = [\n  {image = \"a:1\", image-id = \"sha256:" + kA +
              "\", name = \"x\"}, # one\n"
              "  {name = \"y\", image = \"a:1\", image-id = \"sha256:" +
              kA + "\"},\n]\n");
}

TEST_CASE("characters of several bytes move no id to a wrong place") {
    CHECK(with_ids("containers = [{name = \"\u00f6\u20ac\U0001f600\", image = \"\u00e4\"}]\n") ==
          "containers = [{name = \"\u00f6\u20ac\U0001f600\", image = \"\u00e4\", image-id = "
          "\"sha256:" +
              kB + "\"}]\n");
    CHECK(with_ids("\xef\xbb\xbf"
                   "containers = [{image = \"a:1\"}]") ==
          "\xef\xbb\xbf"
          "containers = [{image = \"a:1\", image-id = \"sha256:" +
              kA + "\"}]");
}

TEST_CASE("lines end as the line of the image does") {
    CHECK(with_ids("[[containers]]\r\nimage = \"a:1\"\r\nname = \"x\"\r\n") ==
          "[[containers]]\r\nimage = \"a:1\"\r\nimage-id = \"sha256:" + kA +
              "\"\r\nname = \"x\"\r\n");
}

TEST_CASE("an image that is written over several lines gets its id behind them") {
    CHECK(with_ids("[[containers]]\nimage = \"\"\"\na:\\\n  1\"\"\" # x\nname = \"x\"\n") ==
          "[[containers]]\nimage = \"\"\"\na:\\\n  1\"\"\" # x\n  image-id = \"sha256:" + kA +
              "\"\nname = \"x\"\n");
}

TEST_CASE("a text that cannot be read stays as it is") {
    for (const std::string text : {"", "not toml", "containers = 1\n", "containers = [1]\n",
                                   "[[containers]]\nimage = 1\n", "[[containers]]\nname = \"x\"\n"})
        CHECK(with_ids(text) == text);
}

TEST_CASE("what was written is read back") {
    const auto text = with_ids("[[containers]]\nname = \"x\"\nimage = \"a:1\"\n");
    Problems problems;
    const auto description = parse_description("format = 1\n" + text, "f", problems);
    REQUIRE(description.containers.size() == 1);
    CHECK(description.containers[0].image_id == *Sha256::parse(kA));
    CHECK(with_ids(text) == text);
}
