// SPDX-License-Identifier: GPL-3.0-or-later
// Putting the set of a kept generation back.
#include "agent/operations/rollback.hpp"

#include "agent/containers/create_spec.hpp"
#include "agent/operations/startup.hpp"
#include "agent/store/floors.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/history.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

namespace {

Result<operations::Outcome> roll_back(Scene& scene, std::optional<unsigned> generation = {},
                                      bool dry_run = false) {
    return operations::change(scene.context(),
                              {.operation = "rollback",
                               .install = {},
                               .remove = {},
                               .dry_run = dry_run,
                               .restore = operations::Restore{.generation = generation}});
}

model::InstalledSet set_of(const Scene& scene, unsigned generation) {
    return must(store::Generations(scene.paths()).read_set(generation));
}

std::string podman_name(const model::InstalledSet& set, const std::string& container) {
    for (const auto& each : set.owner_of(*model::ContainerName::parse(container))->containers)
        if (each.name.value() == container) return each.podman_name;
    return {};
}

/// 1: base 1.0.0, view and clock; 2: base 1.1.0 in its place.
void updated(Scene& scene) {
    scene.have({bundles().base, bundles().view, bundles().clock});
    scene.have({newer_base()});
    scene.services.log.clear();
}

}  // namespace

TEST_CASE("Without a number the set before the last change is put back, in a new generation") {
    Scene scene;
    updated(scene);
    const auto outcome = must(roll_back(scene));
    CHECK(outcome.restored == 1);
    CHECK(outcome.generation_before == 2);
    CHECK(outcome.generation_after == 3);
    CHECK(scene.installed().bundles == set_of(scene, 1).bundles);
    CHECK(must(store::Generations(scene.paths()).read_info(3)).reason ==
          "rollback to generation 1: base 1.0.0");
    CHECK(scene.engine.made.at(podman_name(scene.installed(), "broker")).state == "running");
    const auto entry = must(store::read_history(scene.paths())).back();
    CHECK(entry.operation == "rollback");
    CHECK(entry.notes == std::vector<std::string>{"the set of generation 1 was put back"});

    SECTION("twice is there again") {
        CHECK(must(roll_back(scene)).restored == 2);
        CHECK(scene.installed().bundles == set_of(scene, 2).bundles);
    }
}

TEST_CASE("A generation with the same set is no way back") {
    Scene scene;
    updated(scene);
    scene.services.systemd_version = 257;
    must(operations::startup(scene.context()));
    REQUIRE(scene.installed().generation == 3);
    REQUIRE(scene.installed().bundles == set_of(scene, 2).bundles);
    CHECK(must(roll_back(scene)).restored == 1);
}

TEST_CASE("A bundle that came is removed, one that went comes back") {
    Scene scene;
    scene.have({bundles().base});
    must(operations::change(scene.context(), {.operation = "install",
                                              .install = {bundles().clock},
                                              .remove = {*model::BundleId::parse("base")}}));
    CHECK(scene.active("ticker.service"));
    must(roll_back(scene));
    CHECK(scene.active("broker.service"));
    CHECK_FALSE(scene.active("ticker.service"));
    CHECK(scene.installed().bundles == set_of(scene, 1).bundles);
}

TEST_CASE("With a number that generation's set is put back, whether it is older or newer") {
    Scene scene;
    scene.configuration.keep_generations = 9;
    updated(scene);
    must(scene.remove({"clock"}));
    CHECK(must(roll_back(scene, 1)).generation_after == 4);
    CHECK(scene.installed().bundles == set_of(scene, 1).bundles);
    CHECK(must(roll_back(scene, 3)).restored == 3);
    CHECK(scene.installed().bundles == set_of(scene, 3).bundles);
}

TEST_CASE("A generation that is not kept is not found, and the kept ones are named") {
    Scene scene;
    updated(scene);
    scene.configuration.keep_generations = 3;
    must(scene.remove({"clock"}));
    must(scene.remove({"view"}));
    for (const unsigned wanted : {0U, 1U, 5U, 4294967295U}) {
        INFO(wanted);
        const auto result = roll_back(scene, wanted);
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::not_found);
        CHECK(result.error().text() == "generation " + std::to_string(wanted) +
                                           " is not kept; kept are 3 2, see 'update-agent "
                                           "history'");
    }
    CHECK(scene.installed().generation == 4);
}

TEST_CASE("Where no other set is kept there is nothing to go back to") {
    Scene scene;
    scene.initialise();
    for (const bool installed : {false, true}) {
        if (installed) scene.have({bundles().base});
        const auto result = roll_back(scene);
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::not_found);
        CHECK(result.error().text() ==
              "there is no earlier set to go back to; no other generation is kept");
    }
}

TEST_CASE("To put back the set that is installed is nothing to do") {
    Scene scene;
    updated(scene);
    must(roll_back(scene));
    const auto before = scene.snapshot();
    for (const unsigned same : {3U, 1U}) {
        const auto outcome = must(roll_back(scene, same));
        CHECK(outcome.plan.nothing_to_do());
        CHECK(outcome.generation_after == 3);
        CHECK(difference(before, scene.snapshot()).empty());
    }
}

TEST_CASE("Containers are created as that generation had them, and not as they are made today") {
    Scene scene;
    updated(scene);
    // As an agent had made them that knew another --stop-timeout, say.
    auto container =
        set_of(scene, 1).find(*model::BundleId::parse("base"))->description.containers[0];
    const auto made_today =
        agent::containers::make_create_spec(*model::BundleId::parse("base"), container);
    container.stop_timeout = std::chrono::seconds(77);
    const auto spec =
        agent::containers::make_create_spec(*model::BundleId::parse("base"), container);
    const auto& name = spec.container.podman_name;
    REQUIRE(name != made_today.container.podman_name);
    write_text(scene.paths().generation(1) / "containers/broker", agent::containers::to_text(spec));

    must(roll_back(scene));
    const auto set = scene.installed();
    CHECK(podman_name(set, "broker") == name);
    CHECK(set.find(*model::BundleId::parse("base"))->containers[0].spec == spec.container.spec);
    CHECK(scene.engine.arguments.at(name) == spec.arguments);
    CHECK(scene.engine.made.at(name).state == "running");
    const auto texts = must(store::Generations(scene.paths()).read_containers(3));
    CHECK(texts.at("broker") == agent::containers::to_text(spec));
}

TEST_CASE("Create arguments that are lost or damaged are an error, and nothing is changed") {
    Scene scene;
    updated(scene);
    const auto file = scene.paths().generation(1) / "containers/broker";
    SECTION("lost") {
        std::filesystem::remove(file);
    }
    SECTION("damaged") {
        write_text(file, "{\"format\":1");
    }
    const auto before = scene.snapshot();
    const auto result = roll_back(scene);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::invalid);
    INFO(result.error().text());
    CHECK(has(result.error().text(), "broker"));
    CHECK(difference(before, scene.snapshot()).empty());
}

TEST_CASE("An image that the engine lost meanwhile is brought back from the kept bundle") {
    Scene scene;
    scene.have({bundles().clock});
    const auto images = scene.engine.image_names;
    const auto arguments = scene.engine.arguments;
    must(scene.remove({"clock"}));
    scene.engine.image_names.clear();
    scene.engine.made.clear();
    scene.engine.arguments.clear();
    must(roll_back(scene));
    CHECK(scene.engine.image_names == images);
    CHECK(scene.engine.arguments == arguments);
    CHECK(scene.active("ticker.service"));
}

TEST_CASE("Version floors stay where they are, whichever way it goes") {
    Scene scene;
    scene.configuration.keep_generations = 9;
    updated(scene);
    const auto high = must(store::read_floors(scene.paths()));
    must(roll_back(scene));
    CHECK(must(store::read_floors(scene.paths())) == high);
    CHECK(scene.installed().bundles == set_of(scene, 1).bundles);

    must(roll_back(scene, 2));
    must(operations::change(scene.context(), {.operation = "install",
                                              .install = {bundles().base},
                                              .remove = {},
                                              .allow_downgrade = true}));
    const auto low = must(store::read_floors(scene.paths()));
    REQUIRE(low != high);
    CHECK(must(roll_back(scene, 2)).restored == 2);
    CHECK(must(store::read_floors(scene.paths())) == low);
}

TEST_CASE("A set that was put back and does not become healthy is left for the one before") {
    Scene scene;
    updated(scene);
    scene.services.never_ready_containers = {podman_name(set_of(scene, 1), "broker")};
    const auto running = podman_name(scene.installed(), "broker");
    const auto result = roll_back(scene);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(has(result.error().text(), "the old set is running again"));
    CHECK(scene.installed() == set_of(scene, 2));
    CHECK(scene.engine.made.at(running).state == "running");
    for (const auto* unit : {"broker.service", "bridge.service", "panel.service"})
        CHECK(scene.active(unit));
    CHECK(must(store::read_history(scene.paths())).back().exit_code == 8);

    SECTION("and is not put back again unless somebody insists") {
        scene.services.never_ready_containers.clear();
        const auto refused = roll_back(scene);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == ErrorCode::conflict);
        CHECK(has(refused.error().text(), "--retry tries it again"));
        must(operations::change(scene.context(), {.operation = "rollback",
                                                  .install = {},
                                                  .remove = {},
                                                  .retry = true,
                                                  .restore = operations::Restore{}}));
        CHECK(scene.installed().bundles == set_of(scene, 1).bundles);
        must(roll_back(scene));
        must(roll_back(scene));
    }
}

TEST_CASE("Only what is another restarts") {
    Scene scene;
    updated(scene);
    const auto before = scene.snapshot().running;
    must(roll_back(scene));
    CHECK(scene.services.log == std::vector<std::string>{"inhibit shutdown", "reload",
                                                         "restart broker.service",
                                                         "start base.target", "allow shutdown"});
    const auto after = scene.snapshot().running;
    for (const auto* same : {"ticker.service", "clock.target", "panel.service", "view.target"}) {
        INFO(same);
        CHECK(after.at(same) == before.at(same));
    }
    CHECK(after.at("broker.service").invocation != before.at("broker.service").invocation);
}

TEST_CASE("A dependant restarts where it is another one, too") {
    const TemporaryDirectory directory;
    const auto newer_view =
        make_bundle(directory.path() / "view.bundle",
                    patched(patched(view_description(), "2.1.0", "2.2.0"), "name = \"panel\"",
                            "name = \"panel\"\ninit = true"));
    Scene scene;
    scene.have({bundles().base, bundles().view, bundles().clock});
    scene.have({newer_base(), newer_view});
    scene.services.log.clear();
    const auto before = scene.snapshot().running;
    must(roll_back(scene));
    CHECK(scene.services.log == std::vector<std::string>{"inhibit shutdown", "reload",
                                                         "restart broker.service panel.service",
                                                         "start base.target view.target",
                                                         "allow shutdown"});
    const auto after = scene.snapshot().running;
    CHECK(after.at("ticker.service") == before.at("ticker.service"));
    for (const auto* container : {"broker", "panel"})
        CHECK(scene.engine.made.at(podman_name(set_of(scene, 1), container)).state == "running");
}

TEST_CASE("A dry run says what would be put back, and changes nothing") {
    Scene scene;
    updated(scene);
    const auto before = scene.snapshot();
    const auto history = must(store::read_history(scene.paths()));
    const auto outcome = must(roll_back(scene, {}, true));
    CHECK(outcome.dry_run);
    CHECK(outcome.restored == 1);
    CHECK(outcome.generation_after == 2);
    REQUIRE(outcome.plan.add.size() == 1);
    CHECK(outcome.plan.add[0].description.version.to_string() == "1.0.0");
    CHECK(outcome.plan.restart == std::vector<std::string>{"broker.service"});
    CHECK(difference(before, scene.snapshot()).empty());
    CHECK(must(store::read_history(scene.paths())) == history);
    CHECK(scene.services.log.empty());
    CHECK_FALSE(roll_back(scene, 7, true));
}
