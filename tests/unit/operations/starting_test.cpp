// SPDX-License-Identifier: GPL-3.0-or-later
// An operation that comes while bundles start, as soon after a boot.
#include <algorithm>

#include "agent/store/floors.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

namespace {

void is_starting(Scene& scene, const std::vector<std::string>& services,
                 const std::vector<std::string>& targets) {
    for (const auto& name : services) {
        auto& unit = scene.services.units.at(name);
        unit.active = "activating";
        unit.sub = "start";
        unit.job = "start";
    }
    for (const auto& name : targets) {
        auto& unit = scene.services.units.at(name);
        unit.active = "inactive";
        unit.sub = "dead";
        unit.job = "start";
    }
}

std::string new_broker(Scene& scene) {
    for (const auto& [name, spec] : must(scene.install({newer_base()}, true)).plan.specs)
        if (name.value() == "broker") return spec.container.podman_name;
    FAIL("nothing changes");
    return {};
}

}  // namespace

TEST_CASE("An update of what is starting is judged like any other") {
    Scene scene;
    scene.have({bundles().base});
    is_starting(scene, {"broker.service"}, {"base.target"});
    scene.services.never_ready_containers = {new_broker(scene)};
    const auto result = scene.install({newer_base()});
    REQUIRE_FALSE(result);
    CHECK(has(result.error().text(), "broker.service"));
    const auto floors = must(store::read_floors(scene.paths()));
    CHECK(floors.begin()->second == model::Version(1, 0, 0));
}

TEST_CASE("An update of what is starting runs once it is done") {
    Scene scene;
    scene.have({bundles().base});
    const auto broker = new_broker(scene);
    is_starting(scene, {"broker.service"}, {"base.target"});
    must(scene.install({newer_base()}));
    CHECK(scene.active("broker.service"));
    CHECK(scene.engine.made.at(broker).state == "running");
}

TEST_CASE("What was starting is up after another bundle's update went back") {
    Scene scene;
    scene.have({bundles().base, bundles().clock});
    is_starting(scene, {"ticker.service"}, {"clock.target"});
    scene.services.never_ready_containers = {new_broker(scene)};
    scene.progress.at_step = [&](const std::string& step) {
        if (!step.starts_with("switching")) return;
        for (const auto* name : {"ticker.service", "clock.target"}) {
            scene.services.units.at(name).active = "active";
            scene.services.units.at(name).job.clear();
        }
    };
    const auto result = scene.install({newer_base()});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(scene.active("ticker.service"));
    CHECK(scene.active("clock.target"));
}

TEST_CASE("What was broken before, and comes up by itself, is not stopped by going back") {
    Scene scene;
    scene.have({bundles().base, bundles().clock});
    auto& ticker = scene.services.units.at("ticker.service");
    ticker.active = "failed";
    ticker.sub = "failed";
    ticker.result = "exit-code";
    scene.services.never_ready_containers = {new_broker(scene)};
    scene.progress.at_step = [&](const std::string& step) {
        if (step.starts_with("watching")) ticker.active = "active";
    };
    REQUIRE_FALSE(scene.install({newer_base()}));
    CHECK(scene.active("ticker.service"));
}
