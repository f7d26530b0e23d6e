// SPDX-License-Identifier: GPL-3.0-or-later
// Init containers over the life of the bundles that have them.
#include "agent/operations/recover.hpp"
#include "agent/store/failed_sets.hpp"
#include "agent/store/history.hpp"
#include "tests/unit/operations/data_cases.hpp"
#include "tests/unit/operations/journal_cases.hpp"

using namespace test;

TEST_CASE("Init containers run in their order, before the containers, and are gone after it") {
    Scene scene;
    std::vector<std::string> ran;
    for (const auto* name : {"setup", "migrate"})
        scene.engine.programs[name] = [&ran, &scene, name] {
            ran.emplace_back(name);
            CHECK_FALSE(scene.active("broker.service"));
            return ended_with(0);
        };
    scene.have({data_bundles().base});
    CHECK(ran == std::vector<std::string>{"setup", "migrate"});
    CHECK(scene.active("broker.service"));
    for (const auto& [name, info] : scene.engine.made)
        CHECK(info.labels.count("update-agent.init") == 0);
}

TEST_CASE("An update stops what has the volumes while its init containers run, and nothing else") {
    Scene scene;
    scene.have({data_bundles().base, bundles().clock});
    const auto ticker = scene.services.units.at("ticker.service");
    std::vector<std::string> up;
    scene.engine.programs["setup"] = [&] {
        if (scene.active("broker.service")) up.emplace_back("setup");
        return ended_with(0);
    };
    scene.engine.programs["migrate"] = [&] {
        if (scene.active("broker.service")) up.emplace_back("migrate");
        CHECK_FALSE(scene.active("bridge.service"));
        CHECK_FALSE(scene.active("base-restart.target"));
        return ended_with(0);
    };
    scene.have({data_bundles().newer});
    CHECK(up == std::vector<std::string>{"setup"});
    for (const auto* unit : {"broker.service", "bridge.service", "base-restart.target"})
        CHECK(scene.active(unit));
    CHECK(scene.services.units.at("ticker.service") == ticker);
}

TEST_CASE("An init container that fails is the set's fault, told with its last words, and undone") {
    struct Case {
        const char* who;
        host::FinishedRun run;
        const char* text;
    };
    const std::vector<Case> cases = {
        {"setup",
         {.exit_code = 3, .last_lines = {"no such table"}},
         "ended with 3\n  no such table"},
        {"migrate", {.exit_code = 3, .last_lines = {}}, "ended with 3"},
        {"migrate",
         {.exit_code = std::nullopt, .last_lines = {"half way"}},
         "did not end within 90s, which is its max-wait\n  half way"}};
    Scene arranged;
    arranged.have({data_bundles().base});
    for (const auto& each : cases) {
        INFO(each.who << " " << each.text);
        Scene scene(arranged);
        scene.engine.programs[each.who] = [&] { return Result<host::FinishedRun>(each.run); };
        const auto before = lasting(scene.snapshot());
        const auto result = scene.install({data_bundles().newer});
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::unhealthy);
        INFO(result.error().text());
        CHECK(has(result.error().text(), std::string("running init container ") + each.who));
        CHECK(has(result.error().text(), each.text));
        INFO(difference(before, lasting(scene.snapshot())));
        CHECK(before == lasting(scene.snapshot()));
        const auto again = scene.install({data_bundles().newer});
        REQUIRE_FALSE(again);
        CHECK(again.error().code() == ErrorCode::conflict);
        CHECK(has(again.error().text(), "--retry"));
    }
}

TEST_CASE("An engine that fails while an init container runs says nothing of the set") {
    Scene scene;
    scene.have({data_bundles().base});
    scene.engine.programs["migrate"] = [] {
        return Result<host::FinishedRun>(model::fail(ErrorCode::internal, "podman start: broken"));
    };
    const auto before = lasting(scene.snapshot());
    const auto result = scene.install({data_bundles().newer});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::internal);
    CHECK(before == lasting(scene.snapshot()));
    scene.engine.programs.clear();
    scene.have({data_bundles().newer});
}

TEST_CASE("An init container that had no room, or no engine, is no fault of the set") {
    struct Case {
        std::function<void(Scene&, bool)> arrange;
        ErrorCode code;
        const char* text;
    };
    const std::vector<Case> cases = {
        {[](Scene& scene, bool broken) { scene.machine.full = broken; }, ErrorCode::no_space,
         "ended with 1, with no space left on device"},
        {[](Scene& scene, bool broken) { scene.engine.hangs = broken; }, ErrorCode::internal,
         "ended with 1, while podman does not answer"}};
    Scene arranged;
    arranged.have({data_bundles().base});
    for (const auto& each : cases) {
        INFO(each.text);
        Scene scene(arranged);
        scene.engine.programs["migrate"] = [&] {
            each.arrange(scene, true);
            return ended_with(1);
        };
        const auto result = scene.install({data_bundles().newer});
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == each.code);
        CHECK(has(result.error().text(), each.text));
        CHECK(must(store::read_failed_sets(scene.paths())).empty());

        each.arrange(scene, false);
        scene.engine.programs.clear();
        scene.have({data_bundles().newer});
    }
}

TEST_CASE("Cancelling ends an init container before the switch, and comes too late in it") {
    Scene arranged;
    arranged.have({data_bundles().base});
    for (const bool in_switch : {false, true}) {
        INFO("in the switch: " << in_switch);
        Scene scene(arranged);
        bool wanted = false;
        scene.cancelled = [&wanted] { return wanted; };
        scene.progress.at_step = [&](const std::string& step) {
            wanted = wanted || has(step, in_switch ? "container migrate-" : "container setup-");
        };
        const auto before = lasting(scene.snapshot());
        const auto result = scene.install({data_bundles().newer});
        CHECK(result.has_value() == in_switch);
        if (in_switch) continue;
        CHECK(result.error().code() == ErrorCode::busy);
        CHECK(before == lasting(scene.snapshot()));
    }
}

TEST_CASE("What an admin stopped stays stopped when an init container was done with its volume") {
    Scene scene;
    scene.have({data_bundles().base});
    must(scene.services.stop({"bridge.service"}, {}));
    must(scene.services.mask_runtime({"bridge.service"}));
    scene.have({data_bundles().newer});
    CHECK(scene.active("broker.service"));
    CHECK_FALSE(scene.active("bridge.service"));
}

TEST_CASE("Below another root an init container is refused before anything is done") {
    Scene scene;
    const auto result = operations::change(
        scene.context(true),
        {.operation = "install", .install = {data_bundles().base}, .remove = {}});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::conflict);
    CHECK(has(result.error().text(), "the init container setup has to run on the machine itself"));
    CHECK(scene.installed().bundles.empty());
}

TEST_CASE("A rollback runs no init container") {
    Scene scene;
    scene.have({data_bundles().base});
    scene.have({data_bundles().newer});
    scene.engine.programs["setup"] = [] { return ended_with(1); };
    must(operations::change(
        scene.context(),
        {.operation = "rollback", .install = {}, .remove = {}, .restore = operations::Restore{}}));
    CHECK(scene.active("broker.service"));
}

namespace {

/// What the init container `migrate` writes.
void migrating(Scene& scene, const std::string& text, int exit_code) {
    scene.engine.programs["migrate"] = [&scene, text, exit_code] {
        write_text(scene.root() / "opt/data/base/maps/chart", text);
        return ended_with(exit_code);
    };
}

std::string chart(const Scene& scene) {
    return read_text(scene.root() / "opt/data/base/maps/chart");
}

Result<operations::Outcome> roll_back(Scene& scene) {
    return operations::change(
        scene.context(),
        {.operation = "rollback", .install = {}, .remove = {}, .restore = operations::Restore{}});
}

}  // namespace

TEST_CASE("What an init container wrote is undone with it, and put back with the set of before") {
    Scene scene;
    migrating(scene, "first", 0);
    scene.have({data_bundles().base});
    CHECK(chart(scene) == "first");
    write_text(scene.root() / "opt/data/base/maps/chart", "of the first");

    migrating(scene, "spoilt", 1);
    REQUIRE_FALSE(scene.install({data_bundles().newer}));
    CHECK(chart(scene) == "of the first");

    scene.retry = true;
    migrating(scene, "second", 0);
    scene.have({data_bundles().newer});
    CHECK(chart(scene) == "second");
    write_text(scene.root() / "opt/data/base/maps/chart", "of the second");

    must(roll_back(scene));
    CHECK(chart(scene) == "of the first");
    must(roll_back(scene));
    CHECK(chart(scene) == "of the second");
}

TEST_CASE("A set that does not become healthy leaves no data behind") {
    Scene scene;
    scene.have({data_bundles().base});
    write_text(scene.root() / "opt/data/base/maps/chart", "of the first");
    migrating(scene, "second", 0);
    const auto plan = must(scene.install({data_bundles().newer}, true)).plan;
    CHECK(chart(scene) == "of the first");
    for (const auto& [name, spec] : plan.specs)
        if (name.value() == "broker")
            scene.services.never_ready_containers = {spec.container.podman_name};
    const auto result = scene.install({data_bundles().newer});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(chart(scene) == "of the first");
    CHECK(scene.active("broker.service"));
    CHECK(scene.active("bridge.service"));
}

TEST_CASE("What stopped for good starts again only once its data is back") {
    Scene scene;
    scene.have({data_bundles().lone});
    write_text(scene.root() / "opt/data/base/maps/chart", "of the first");
    migrating(scene, "second", 0);
    const auto plan = must(scene.install({data_bundles().renamed}, true)).plan;
    for (const auto& [name, spec] : plan.specs)
        if (name.value() == "dealer")
            scene.services.never_ready_containers = {spec.container.podman_name};
    std::vector<std::string> found;
    scene.services.on_start = [&](const std::string& service) {
        if (service == "broker.service") found.push_back(chart(scene));
    };
    const auto result = scene.install({data_bundles().renamed});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(found == std::vector<std::string>{"of the first"});
    CHECK(scene.active("broker.service"));
}

TEST_CASE("Snapshots are kept as long as their generation, and told of in the history") {
    Scene scene;
    scene.configuration.keep_generations = 2;
    scene.have({data_bundles().base});
    const auto before = scene.installed().generation;
    scene.have({data_bundles().newer});
    const auto kept = scene.root() / "opt/data/.update-agent" / std::to_string(before);
    CHECK(std::filesystem::exists(kept));
    const auto history = must(store::read_history(scene.paths()));
    REQUIRE_FALSE(history.back().notes.empty());
    CHECK(history.back().notes.back().starts_with("snapshot of /opt/data/base/maps: "));
    scene.have({bundles().clock});
    CHECK_FALSE(std::filesystem::exists(kept));
}

TEST_CASE("A volume that is too large to be copied is told before anything is done") {
    Scene scene;
    scene.have({data_bundles().base});
    write_text(scene.root() / "opt/data/base/maps/large", std::string(1 << 20, 'x'));
    scene.configuration.snapshot_limit = 1 << 16;
    const auto before = scene.snapshot();
    for (const bool dry_run : {true, false}) {
        const auto result = scene.install({data_bundles().newer}, dry_run);
        // The tests may run where blocks are shared.
        if (result) return;
        CHECK(result.error().code() == ErrorCode::conflict);
        CHECK(has(result.error().text(), "snapshot-limit"));
        CHECK(before == scene.snapshot());
    }
    scene.configuration.snapshot_limit = 1 << 21;
    scene.machine.free = scene.configuration.reserve + (1 << 19);
    const auto full = scene.install({data_bundles().newer});
    REQUIRE_FALSE(full);
    CHECK(full.error().code() == ErrorCode::no_space);
}
