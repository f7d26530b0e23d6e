// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/listing.hpp"

#include "tests/unit/catch.hpp"

using agent::model::ErrorCode;
using agent::podman::parse_containers;
using agent::podman::parse_images;
using agent::podman::parse_lines;

namespace {

const std::string kId(64, 'a');
const std::string kOther(64, 'b');

}  // namespace

TEST_CASE("Containers as podman 4.3 and 5.4 list them") {
    // What one version has and the other has not, beside what both have.
    const auto* more = GENERATE(R"("Ports": null, "Size": null)",
                                R"("CIDFile": "", "ExposedPorts": null, "Restarts": 0)");
    const auto list =
        parse_containers(R"([{"Id": "63b5", "Names": ["a-0123abcd"], "State": "created",
        "ImageID": "86d8", "Labels": {"update-agent.container": "a", "update-agent./dev/x:y": "8.1"}, )" +
                         std::string(more) + "}]");
    REQUIRE(list);
    REQUIRE(list->size() == 1);
    const auto& container = list->front();
    CHECK(container.id == "63b5");
    CHECK(container.name == "a-0123abcd");
    CHECK(container.state == "created");
    CHECK(container.image_id == "86d8");
    CHECK(container.labels == std::map<std::string, std::string>{{"update-agent.container", "a"},
                                                                 {"update-agent./dev/x:y", "8.1"}});
}

TEST_CASE("A listing by a template is a list of its lines") {
    using Lines = std::vector<std::string>;
    CHECK(parse_lines("").empty());
    CHECK(parse_lines("key\n") == Lines{"key"});
    CHECK(parse_lines("key\n\nNAME\nlast") == Lines{"key", "NAME", "last"});
}

TEST_CASE("Maps and lists that are null or absent are empty") {
    const auto* text =
        GENERATE(R"([{"Id": "1", "State": "exited", "Names": null, "Labels": null}])",
                 R"([{"Id": "1", "State": "exited"}])");
    const auto list = parse_containers(text);
    REQUIRE(list);
    REQUIRE(list->size() == 1);
    CHECK(list->front().name.empty());
    CHECK(list->front().labels.empty());
}

TEST_CASE("Nothing is listed as an empty list or as null") {
    const auto* text = GENERATE("[]", "[]\n", "null");
    CHECK(parse_containers(text).value().empty());
    CHECK(parse_images(text).value().empty());
}

TEST_CASE("An image comes once, with all of its names, also without any") {
    const auto list = parse_images(R"([{"Id": ")" + kId + R"(", "Names": ["localhost/x:1"]},
        {"Id": ")" + kOther + R"(", "Names": null, "Dangling": true},
        {"Id": ")" + kId + R"(", "Names": ["localhost/x:1", "localhost/x:2"]}])");
    REQUIRE(list);
    REQUIRE(list->size() == 2);
    CHECK(list->at(0).id.hex() == kId);
    CHECK(list->at(0).names == std::vector<std::string>{"localhost/x:1", "localhost/x:2"});
    CHECK(list->at(1).id.hex() == kOther);
    CHECK(list->at(1).names.empty());
}

TEST_CASE("An image of another store is none of podman's own") {
    const auto* key = GENERATE("ReadOnly", "readOnly");
    const auto list = parse_images(R"([{"Id": ")" + kId + R"(", "Names": ["a:1"], ")" + key +
                                   R"(": true}, {"Id": ")" + kOther + R"(", "Names": ["b:1"], ")" +
                                   key + R"(": false}, {"Id": ")" + kOther +
                                   R"(", "Names": ["b:2"], ")" + key + R"(": true}])");
    REQUIRE(list);
    REQUIRE(list->size() == 1);
    CHECK(list->front().id.hex() == kOther);
    CHECK(list->front().names == std::vector<std::string>{"b:1"});
}

TEST_CASE("What is no listing is an error, not an exception") {
    const auto* text = GENERATE("", "podman: oops", "{}", "[1]", R"([{"Names": []}])",
                                R"([{"Id": 7, "State": "x"}])", R"([{"Id": "1", "State": {}}])");
    const auto containers = parse_containers(text);
    REQUIRE_FALSE(containers);
    CHECK(containers.error().code() == ErrorCode::internal);
    CHECK_FALSE(parse_images(text));
}

TEST_CASE("An image id that is none is an error") {
    CHECK_FALSE(parse_images(R"([{"Id": "86d8be", "Names": null}])"));
}
