// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/installed_set.hpp"

#include "tests/unit/catch.hpp"

using namespace agent::model;

namespace {

BundleId id(const char* text) {
    return *BundleId::parse(text);
}

Container container(const char* name) {
    Container made;
    made.name = *ContainerName::parse(name);
    return made;
}

/// `base` with `broker`, `app` with `sender` and the init container `setup`; `app` requires `base`.
InstalledSet base_and_app() {
    InstalledSet set;
    set.bundles[id("base")].description.id = id("base");
    set.bundles[id("base")].description.containers = {container("broker")};
    auto& app = set.bundles[id("app")].description;
    app.id = id("app");
    app.containers = {container("sender")};
    app.init_containers = {container("setup")};
    app.requires_bundles = {{id("base"), *VersionRange::parse("*")}};
    return set;
}

}  // namespace

TEST_CASE("a bundle is found by its id") {
    const auto set = base_and_app();
    REQUIRE(set.find(id("base")) != nullptr);
    CHECK(set.find(id("base"))->description.id == id("base"));
    CHECK(set.find(id("other")) == nullptr);
}

TEST_CASE("a container has one owner, init containers too") {
    const auto set = base_and_app();
    CHECK(set.owner_of(*ContainerName::parse("broker")) == set.find(id("base")));
    CHECK(set.owner_of(*ContainerName::parse("setup")) == set.find(id("app")));
    CHECK(set.owner_of(*ContainerName::parse("base")) == nullptr);
}

TEST_CASE("a bundle is required by those that name it") {
    const auto set = base_and_app();
    CHECK(set.required_by(id("base")) == std::vector<BundleId>{id("app")});
    CHECK(set.required_by(id("app")).empty());
}
