// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/own_store.hpp"

#include <map>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace {

using agent::podman::users_of_layers;
using Names = std::vector<std::string>;

const std::string kLayers = "overlay-layers/layers.json";
const std::string kPassing = "overlay-layers/volatile-layers.json";
const std::string kImages = "overlay-images/images.json";
const std::string kContainers = "overlay-containers/containers.json";

struct Case {
    const char* what;
    std::map<std::string, std::string> files;
    Names users;
};

}  // namespace

TEST_CASE("who is built on a layer of another store is found") {
    const std::vector<Case> cases = {
        {"an empty store", {}, {}},
        {"an image of its own layers",
         {{kLayers, R"([{"id":"own"}])"},
          {kImages, R"([{"id":"1","names":["a:1"],"layer":"own"}])"}},
         {}},
        {"an image that was built on one",
         {{kLayers, R"([{"id":"top","parent":"middle"},{"id":"middle","parent":"shared"}])"},
          {kImages, R"([{"id":"1","names":["a:1"],"layer":"top"}])"}},
         {"image a:1"}},
        {"an image without a name that has one as its own",
         {{kImages, R"([{"id":"1","layer":"shared"}])"}},
         {"image 1"}},
        {"an image of layers that are in both",
         {{kLayers, R"([{"id":"top","parent":"shared"},{"id":"shared"}])"},
          {kImages, R"([{"id":"1","names":["a:1"],"layer":"top"}])"}},
         {}},
        {"a container of somebody's",
         {{kPassing, R"([{"id":"work","parent":"shared"}])"},
          {kContainers, R"([{"id":"2","names":["mine"],"layer":"work"}])"}},
         {"container mine"}},
        {"a container of a bundle",
         {{kLayers, R"([{"id":"work","parent":"shared"}])"},
          {kContainers, R"([{"id":"2","names":["broker-12345678"],"layer":"work"}])"}},
         {}},
        {"layers in a circle",
         {{kLayers, R"([{"id":"a","parent":"b"},{"id":"b","parent":"a"}])"},
          {kImages, R"([{"id":"1","layer":"a"}])"}},
         {}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        const test::TemporaryDirectory root;
        for (const auto& [name, text] : each.files)
            test::write_text(root.path() / name, text);
        const auto users = users_of_layers(root.path(), {"shared"}, {"broker-12345678"});
        REQUIRE(users);
        CHECK(*users == each.users);
    }
}

TEST_CASE("an index that is none is an error, as nobody can say then who uses what") {
    for (const char* const text : {"", "{}", "[1]", "[{"}) {
        INFO(text);
        const test::TemporaryDirectory root;
        test::write_text(root.path() / kImages, text);
        const auto users = users_of_layers(root.path(), {"shared"}, {});
        REQUIRE_FALSE(users);
        CHECK(users.error().text().find("images.json: is no list of records") != std::string::npos);
    }
}
