// SPDX-License-Identifier: GPL-3.0-or-later
// An admin's hand.
#include "agent/operations/control.hpp"
#include "agent/operations/status.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

namespace {

void arrange(Scene& scene) {
    scene.have({bundles().base, bundles().view});
    scene.services.log.clear();
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("A stopped container is masked, so that its bundle does not bring it back") {
    Scene scene;
    arrange(scene);
    must(operations::stop(scene.context(), {"broker"}));
    // It stops while its unit still has an ExecStop=, and nothing upholds it meanwhile.
    CHECK(scene.services.log == Lines{"stop base-restart.target", "stop broker.service",
                                      "mask broker.service", "start base-restart.target"});
    CHECK_FALSE(scene.active("broker.service"));
    // Bound to it.
    CHECK_FALSE(scene.active("bridge.service"));
    CHECK(scene.active("panel.service"));
    CHECK(scene.active("base.target"));
    const auto status = must(operations::status(scene.context()));
    CHECK(status.bundles[0].containers[0].condition == operations::Condition::held);
    CHECK(status.bundles[0].condition == operations::Condition::held);
}

TEST_CASE("A started container is unmasked, and the target, last, brings back what was bound") {
    Scene scene;
    arrange(scene);
    must(operations::stop(scene.context(), {"broker"}));
    // As systemd: the target is up, though what it wants is not.
    scene.services.units["base.target"].active = "inactive";
    scene.services.log.clear();
    must(operations::start(scene.context(), {"container:broker"}));
    CHECK(scene.services.log == Lines{"unmask broker.service", "start update-agent-store.service",
                                      "start broker.service", "start base.target"});
    CHECK(scene.active("broker.service"));
    CHECK(scene.active("bridge.service"));
    CHECK_FALSE(scene.services.units.at("broker.service").masked);
}

TEST_CASE("Nothing that is not masked is unmasked") {
    Scene scene;
    arrange(scene);
    must(operations::start(scene.context(), {"broker"}));
    CHECK(scene.services.log ==
          Lines{"start update-agent-store.service", "start broker.service", "start base.target"});
}

TEST_CASE("A stopped bundle stops with all of its units, its restart target first") {
    Scene scene;
    arrange(scene);
    must(operations::stop(scene.context(), {"view"}));
    CHECK(scene.services.log == Lines{"stop view-restart.target view.target panel.service"});
    CHECK_FALSE(scene.active("panel.service"));
    CHECK(scene.active("broker.service"));
    must(operations::start(scene.context(), {"view"}));
    CHECK(scene.services.log.back() == "start view.target");
    CHECK(scene.active("panel.service"));
}

TEST_CASE("A restart restarts the containers and ends with the target") {
    Scene scene;
    arrange(scene);
    const auto before = scene.services.units.at("panel.service").invocation;
    must(operations::restart(scene.context(), {"view"}));
    CHECK(scene.services.log ==
          Lines{"restart panel.service", "start update-agent-store.service", "start view.target"});
    CHECK(scene.services.units.at("panel.service").invocation != before);
    CHECK(scene.active("view.target"));
}

TEST_CASE("Several names act as one") {
    Scene scene;
    arrange(scene);
    must(operations::stop(scene.context(), {"view", "bridge"}));
    CHECK(scene.services.log ==
          Lines{"stop base-restart.target",
                "stop view-restart.target view.target panel.service bridge.service",
                "mask bridge.service", "start base-restart.target"});
    CHECK(scene.active("broker.service"));
}

TEST_CASE("A container that does not come up is told of") {
    Scene scene;
    arrange(scene);
    must(operations::stop(scene.context(), {"panel"}));
    scene.services.never_ready = {"panel.service"};
    const auto result = operations::start(scene.context(), {"panel"});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(has(result.error().text(), "panel.service: activating"));
}

TEST_CASE("A container that does not stop is told of") {
    Scene scene;
    arrange(scene);
    scene.services.cannot_stop = {"panel.service"};
    const auto result = operations::stop(scene.context(), {"panel"});
    REQUIRE_FALSE(result);
    CHECK(has(result.error().text(), "'timeout'"));
}

TEST_CASE("A name that nobody has touches nothing") {
    Scene scene;
    arrange(scene);
    for (const auto act : {operations::start, operations::stop, operations::restart}) {
        const auto result = act(scene.context(), {"broker", "ghost"});
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::not_found);
    }
    CHECK(scene.services.log.empty());
}

TEST_CASE("While an operation has the units nothing is started or stopped beside it") {
    Scene scene;
    arrange(scene);
    const auto held = must(store::Lock::acquire_units(scene.paths(), "install"));
    for (const auto act : {operations::start, operations::stop, operations::restart}) {
        const auto result = act(scene.context(), {"broker"});
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::busy);
        CHECK(has(result.error().text(), "install (pid "));
    }
    CHECK(scene.services.log.empty());
}

TEST_CASE("What runs is started and stopped beside an operation until it touches or judges it") {
    Scene scene;
    arrange(scene);
    std::map<std::string, int> results;
    scene.progress.at_step = [&](const std::string& step) {
        const auto stopped = operations::stop(scene.context(), {"panel"});
        const auto phase = scene.progress.effects.empty() ? "" : scene.progress.effects.back();
        results[phase.substr(0, phase.find(' '))] |= stopped ? 1 : 2;
        if (!stopped) CHECK(stopped.error().code() == ErrorCode::busy);
        CAPTURE(step);
    };
    must(scene.install({bundles().clock}));
    CHECK(results["acquire"] == 1);
    CHECK(results["stage"] == 1);
    CHECK(results["switch"] == 2);
    CHECK(results["verify"] == 2);
    scene.progress.at_step = [](const std::string& /*step*/) {};
    CHECK(operations::stop(scene.context(), {"panel"}));
}

TEST_CASE("A switch waits for what is started by hand, and can be cancelled meanwhile") {
    Scene scene;
    arrange(scene);
    const auto generation = store::Generations(scene.paths()).current().value();
    std::optional<store::Lock> units;
    scene.progress.at_step = [&](const std::string& step) {
        if (!units && step.find("writing generation") != std::string::npos)
            units = must(store::Lock::acquire_units(scene.paths(), "start"));
        if (step.find("waiting for what is started") != std::string::npos)
            scene.cancelled = [] { return true; };
    };
    const auto result = scene.install({bundles().clock});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::busy);
    CHECK(store::Generations(scene.paths()).current().value() == generation);
}

TEST_CASE("What is started by hand does not wait for the pause after its start limit") {
    for (const auto act : {operations::start, operations::restart}) {
        Scene scene;
        arrange(scene);
        scene.services.ended_pauses.clear();
        must(act(scene.context(), {"panel", "broker"}));
        CHECK(scene.services.ended_pauses ==
              std::set<std::string>{"update-agent-pause@broker:60.service",
                                    "update-agent-pause@panel:60.service"});
    }
}
