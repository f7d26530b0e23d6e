// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/images.hpp"

#include "tests/unit/catch.hpp"

using namespace agent::model;

TEST_CASE("A bundle needs the images of containers, init containers and file providers") {
    const auto id = Sha256::parse(std::string(64, 'a')).value();
    Container broker;
    broker.image = "localhost/broker:1";
    broker.image_id = id;
    Container setup;
    setup.image = "localhost/setup:1";
    Description description;
    CHECK(images_of(description).empty());

    description.containers = {broker, broker};
    description.init_containers = {setup};
    description.file_providers = {{.image = "localhost/files:1", .image_id = id, .copy = {}}};
    CHECK(images_of(description) ==
          std::vector<NeededImage>{
              {.name = "localhost/broker:1", .id = id, .key = "containers[0]"},
              {.name = "localhost/broker:1", .id = id, .key = "containers[1]"},
              {.name = "localhost/setup:1", .id = std::nullopt, .key = "init-containers[0]"},
              {.name = "localhost/files:1", .id = id, .key = "file-providers[0]"}});
}
