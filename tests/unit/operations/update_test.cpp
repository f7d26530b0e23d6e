// SPDX-License-Identifier: GPL-3.0-or-later
// Installing another version of what is installed.
#include "agent/operations/control.hpp"
#include "agent/store/floors.hpp"
#include "agent/store/generations.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

namespace {

std::string podman_name(const Scene& scene, const std::string& container) {
    const auto set = scene.installed();
    const auto* bundle = set.owner_of(*model::ContainerName::parse(container));
    for (const auto& each : bundle->containers)
        if (each.name.value() == container) return each.podman_name;
    return {};
}

}  // namespace

TEST_CASE("An update replaces what changed, and nothing else is touched") {
    Scene scene;
    scene.have({bundles().base, bundles().clock});
    const auto before = scene.snapshot();
    const auto old_broker = podman_name(scene, "broker");
    scene.services.log.clear();
    const auto outcome = must(scene.install({newer_base()}));

    CHECK(outcome.plan.replaced.size() == 1);
    CHECK(outcome.generation_after == 2);
    CHECK(scene.services.log == std::vector<std::string>{"inhibit shutdown", "reload",
                                                         "restart broker.service",
                                                         "start base.target", "allow shutdown"});
    CHECK(podman_name(scene, "broker") != old_broker);
    CHECK(scene.engine.made.at(podman_name(scene, "broker")).state == "running");
    CHECK(scene.engine.made.at(old_broker).state != "running");
    CHECK(scene.services.units.at("ticker.service") == before.running.at("ticker.service"));
    CHECK(scene.services.units.at("broker.service").invocation !=
          before.running.at("broker.service").invocation);
    CHECK(must(store::read_floors(scene.paths())).at(*model::BundleId::parse("base")) ==
          model::Version::parse("1.1.0").value());
}

TEST_CASE("An update that does not become healthy is back on the old version") {
    Scene scene;
    scene.have({bundles().base, bundles().view});
    const auto floors = must(store::read_floors(scene.paths()));
    const auto old_broker = podman_name(scene, "broker");
    scene.progress.at_step = [&](const std::string& what) {
        if (what == "switching to generation 2") scene.services.never_ready = {"broker.service"};
        if (what == "undoing: switching to generation 2") scene.services.never_ready.clear();
    };
    const auto result = scene.install({newer_base()});
    REQUIRE_FALSE(result);
    INFO(result.error().text());
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(has(result.error().text(), "broker.service"));
    CHECK(has(result.error().text(), "the old set is running again"));
    CHECK(must(store::Generations(scene.paths()).current()) == 1);
    CHECK(podman_name(scene, "broker") == old_broker);
    for (const auto* unit : {"broker.service", "bridge.service", "panel.service", "view.target"}) {
        INFO(unit);
        CHECK(scene.active(unit));
    }
    CHECK(scene.engine.made.at(old_broker).state == "running");
    CHECK(must(store::read_floors(scene.paths())) == floors);
}

TEST_CASE("An update leaves down what was stopped by hand") {
    Scene scene;
    scene.have({bundles().base, bundles().clock});
    must(operations::stop(scene.context(), {"base"}));
    must(scene.install({newer_base()}));
    CHECK_FALSE(scene.active("base.target"));
    CHECK_FALSE(scene.active("broker.service"));
    must(operations::start(scene.context(), {"base"}));
    CHECK(scene.engine.made.at(podman_name(scene, "broker")).state == "running");
}

TEST_CASE("What was broken before does not block its own fix, nor another's update") {
    Scene scene;
    scene.have({bundles().base, bundles().clock});
    scene.services.units["broker.service"].active = "failed";
    scene.services.units["ticker.service"].active = "failed";
    scene.services.units["ticker.service"].result = "start-limit-hit";
    must(scene.install({newer_base()}));
    CHECK(scene.active("broker.service"));
    CHECK(scene.services.units["ticker.service"].active == "failed");
}

TEST_CASE("Going back to a lower version takes a word") {
    Scene scene;
    scene.have({newer_base()});
    const auto refused = scene.install({bundles().base});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::untrusted);
    must(operations::change(scene.context(), {.operation = "install",
                                              .install = {bundles().base},
                                              .remove = {},
                                              .allow_downgrade = true}));
    CHECK(scene.active("broker.service"));
    CHECK(must(store::read_floors(scene.paths())).at(*model::BundleId::parse("base")) ==
          model::Version::parse("1.0.0").value());
}
