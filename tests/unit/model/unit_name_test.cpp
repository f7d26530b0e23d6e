// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/unit_name.hpp"

#include "tests/unit/catch.hpp"

using namespace agent::model;

TEST_CASE("units of a bundle are named after its id") {
    const auto id = *BundleId::parse("robot-base");
    CHECK(bundle_target(id) == "robot-base.target");
    CHECK(bundle_restart_target(id) == "robot-base-restart.target");
    CHECK(container_service(*ContainerName::parse("lidar-1")) == "lidar-1.service");
}

TEST_CASE("dashes of an id do not nest its slice") {
    CHECK(bundle_slice(*BundleId::parse("base")) == "bundles-base.slice");
    CHECK(bundle_slice(*BundleId::parse("a-b-c")) == R"(bundles-a\x2db\x2dc.slice)");
}

TEST_CASE("the longest ids still make names of units") {
    for (const auto& text : {std::string(63, 'a'), "a" + std::string(59, '-')}) {
        const auto id = BundleId::parse(text);
        REQUIRE(id);
        for (const auto& name : {bundle_target(*id), bundle_restart_target(*id), bundle_slice(*id)})
            CHECK(is_unit_file_name(name));
    }
}

TEST_CASE("a unit file is known by its name") {
    for (const std::string name :
         {"a.service", "a.socket", "a.target", "a.device", "a.mount", "a.automount", "a.swap",
          "a.timer", "a.path", "a.slice", "a.scope", "a@b.service", "a@.service", "-.mount",
          R"(dev-disk-by\x2dlabel-x.device)", "a.b.service", "A_1:2.service", "a@b@c.service"}) {
        INFO(name);
        CHECK(is_unit_file_name(name));
    }
    for (const std::string name :
         {"", ".", "service", ".service", "a.", "a.Service", "a.conf", "a service.service",
          "@.service", "@a.service", "a/b.service", "a%b.service", "\u00e4.service", "has-devices",
          "installed-bundles.target.wants", "a.service\n"}) {
        INFO(name);
        CHECK_FALSE(is_unit_file_name(name));
    }
}

TEST_CASE("the name of a unit has at most 255 characters") {
    CHECK(is_unit_file_name(std::string(247, 'a') + ".service"));
    CHECK_FALSE(is_unit_file_name(std::string(248, 'a') + ".service"));
}
