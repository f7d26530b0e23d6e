// SPDX-License-Identifier: GPL-3.0-or-later
// Installations that fail when something has been done already.
#include "agent/store/failed_sets.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/history.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

TEST_CASE("A container that never says READY takes the installation back") {
    Scene scene;
    scene.have({bundles().clock});
    const auto before = scene.snapshot();
    scene.services.never_ready = {"bridge.service"};
    const auto result = scene.install({bundles().base, bundles().view});

    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(has(result.error().text(), "bridge.service: activating"));
    CHECK(has(result.error().text(), "within 2s"));
    CHECK_FALSE(has(result.error().text(), "broker.service"));
    INFO(difference(before, scene.snapshot()));
    CHECK(before == scene.snapshot());
    CHECK(must(store::Generations(scene.paths()).list()) == std::vector<unsigned>{0, 1});

    const auto history = must(store::read_history(scene.paths()));
    REQUIRE(history.size() == 2);
    CHECK(history[1].exit_code == 8);
    CHECK(history[1].generation_before == 1);
    CHECK(history[1].generation_after == 1);
    CHECK(has(history[1].outcome, "bridge.service"));

    scene.services.never_ready.clear();
    const auto refused = scene.install({bundles().base, bundles().view});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::conflict);
    CHECK(has(refused.error().text(), "bridge.service: activating"));
    CHECK(has(refused.error().text(), "--retry"));
    scene.retry = true;
    scene.have({bundles().base, bundles().view});
    CHECK(must(store::read_failed_sets(scene.paths())).empty());
}

TEST_CASE("What a container wrote is told with its failure") {
    Scene scene;
    scene.initialise();
    scene.services.never_ready = {"bridge.service"};
    scene.services.writes = {{"bridge.service", {"one", "two", "three", "four", "five", "no port"}},
                             {"broker.service", {"is up"}}};
    const auto result = scene.install({bundles().base, bundles().view});
    REQUIRE_FALSE(result);
    CHECK(has(result.error().text(),
              "\n    | two\n    | three\n    | four\n    | five\n    | no port"));
    CHECK_FALSE(has(result.error().text(), "| one"));
    CHECK_FALSE(has(result.error().text(), "is up"));
}

TEST_CASE("A journal that cannot be read changes neither the verdict nor what is done") {
    Scene scene;
    scene.have({bundles().clock});
    const auto before = scene.snapshot();
    scene.services.never_ready = {"bridge.service"};
    scene.services.writes = {{"bridge.service", {"no port"}}};
    scene.services.journal_is_readable = false;
    const auto result = scene.install({bundles().base, bundles().view});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(has(result.error().text(), "bridge.service: activating"));
    CHECK_FALSE(has(result.error().text(), "|"));
    INFO(difference(before, scene.snapshot()));
    CHECK(before == scene.snapshot());
}

TEST_CASE("What cannot start on a full disk is taken back, and not remembered as bad") {
    Scene scene;
    scene.have({bundles().clock});
    scene.services.never_ready = {"bridge.service"};
    scene.machine.full = true;
    const auto result = scene.install({bundles().base});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::no_space);
    CHECK(has(result.error().text(), "no space left on device"));
    scene.machine.full = false;
    scene.services.never_ready.clear();
    scene.have({bundles().base});
}

TEST_CASE("A health check that stays bad takes the installation back") {
    Scene scene;
    scene.initialise();
    const auto before = scene.snapshot();
    const TemporaryDirectory directory;
    const auto file = make_bundle(directory.path() / "checked.bundle",
                                  clock_description() + "[containers.health]\ncmd = \"true\"\n");
    const auto plan = must(scene.install({file}, true)).plan;
    scene.retry = true;
    const auto podman_name = plan.specs.begin()->second.container.podman_name;
    for (const auto* health : {"unhealthy", "starting"}) {
        INFO(health);
        scene.engine.health_of[podman_name] = health;
        const auto result = scene.install({file});
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::unhealthy);
        CHECK(has(result.error().text(), std::string("health check: ") + health));
        INFO(difference(before, scene.snapshot()));
        CHECK(before == scene.snapshot());
    }
    scene.engine.health_of.clear();
    scene.have({file});
}

TEST_CASE("An engine that does not answer for a moment takes nothing back") {
    const TemporaryDirectory directory;
    const auto file = make_bundle(directory.path() / "checked.bundle",
                                  clock_description() + "[containers.health]\ncmd = \"true\"\n");
    Scene scene;
    scene.initialise();
    scene.progress.at_step = [&](const std::string& what) {
        // The second of the calls that the watch makes asks for the health.
        if (what == "watching the health") scene.faults.fail_at(2, CallFaults::Kind::before);
    };
    must(scene.install({file}));
    CHECK(scene.faults.happened() == 1);
}

TEST_CASE("An engine that gives an image another id is not believed") {
    Scene scene;
    scene.initialise();
    scene.engine.pulls_as = *model::Sha256::parse(std::string(64, 'e'));
    auto before = scene.snapshot();
    const auto result = scene.install({bundles().clock});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::invalid);
    CHECK(has(result.error().text(), "has the id eeee"));
    // Whose image that is, nobody knows; it stays.
    before.images[scene.engine.pulls_as->hex()];
    CHECK(before == scene.snapshot());
}

TEST_CASE("A container of somebody else that has the name is left alone") {
    Scene scene;
    scene.initialise();
    const auto plan = must(scene.install({bundles().clock}, true)).plan;
    const auto podman_name = plan.specs.begin()->second.container.podman_name;
    scene.engine.made[podman_name] = {
        .id = "theirs", .name = podman_name, .state = "exited", .image_id = {}, .labels = {}};
    const auto before = scene.snapshot();
    const auto result = scene.install({bundles().clock});
    REQUIRE_FALSE(result);
    CHECK(has(result.error().text(), "the name is in use: " + podman_name));
    INFO(difference(before, scene.snapshot()));
    CHECK(before == scene.snapshot());
}

TEST_CASE("A name that an image had before comes back to it") {
    Scene scene;
    scene.initialise();
    const auto image = must(scene.install({bundles().clock}, true))
                           .plan.add.front()
                           .description.containers.front()
                           .image;
    scene.engine.image_names[std::string(64, 'd')] = {image};
    const auto before = scene.snapshot();
    scene.services.never_ready = {"ticker.service"};
    REQUIRE_FALSE(scene.install({bundles().clock}));
    INFO(difference(before, scene.snapshot()));
    CHECK(before == scene.snapshot());
}

TEST_CASE("Cancelled before the switch, everything is as it was; later it is too late") {
    const auto clean = [] {
        Scene scene;
        scene.have({bundles().clock});
        unsigned asked = 0;
        scene.cancelled = [&] {
            // Nothing keeps the machine from being shut down before the switch.
            if (scene.services.inhibitions == 0) ++asked;
            return false;
        };
        must(scene.install({bundles().base}));
        return asked;
    }();
    REQUIRE(clean > 5);
    for (unsigned n = 1; n <= clean; ++n) {
        INFO("cancelled when asked for the time " << n);
        Scene scene;
        scene.have({bundles().clock});
        const auto before = scene.snapshot();
        unsigned asked = 0;
        scene.cancelled = [&asked, n] { return ++asked >= n; };
        const auto result = scene.install({bundles().base});
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::busy);
        CHECK(has(result.error().text(), "cancelled"));
        INFO(difference(before, scene.snapshot()));
        CHECK(before == scene.snapshot());
    }
    // Once more is in the switch, which goes on and says so, once.
    Scene scene;
    scene.have({bundles().clock});
    unsigned asked = 0;
    scene.cancelled = [&asked, clean] { return ++asked > clean; };
    must(scene.install({bundles().base}));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings.front(), "is not cancelled"));
}
