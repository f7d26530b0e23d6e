// SPDX-License-Identifier: GPL-3.0-or-later
// Installing, from the bundle file to what runs.
#include <algorithm>

#include "agent/store/generations.hpp"
#include "agent/store/history.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

namespace {

std::vector<std::string> ids(const model::InstalledSet& set) {
    std::vector<std::string> names;
    for (const auto& [id, bundle] : set.bundles)
        names.push_back(id.value());
    return names;
}

}  // namespace

TEST_CASE("A bundle is installed and runs") {
    Scene scene;
    const auto outcome = must(scene.install({bundles().base}));

    CHECK(outcome.generation_before == 0);
    CHECK(outcome.generation_after == 1);
    CHECK(ids(scene.installed()) == std::vector<std::string>{"base"});
    for (const auto* unit : {"installed-bundles.target", "base.target", "base-restart.target",
                             "broker.service", "bridge.service"}) {
        INFO(unit);
        CHECK(scene.active(unit));
    }
    CHECK(scene.engine.image_names.size() == 2);
    for (const auto& [id, names] : scene.engine.image_names)
        CHECK(names.size() == 1);
    CHECK(scene.engine.made.size() == 2);
    const auto set = scene.installed();
    for (const auto& container : set.bundles.begin()->second.containers) {
        const auto& made = scene.engine.made.at(container.podman_name);
        CHECK(made.state == "running");
        CHECK(made.image_id == container.image_id.hex());
        CHECK(made.labels.at("update-agent.container") == container.name.value());
    }
    CHECK(must(store::Generations(scene.paths()).read_state(1)).confirmed);
    CHECK(scene.progress.warnings.empty());

    const auto history = must(store::read_history(scene.paths()));
    REQUIRE(history.size() == 1);
    CHECK(history[0].operation == "install");
    CHECK(history[0].bundles == std::vector<std::string>{"base 1.0.0"});
    CHECK(history[0].who == "tester (0)");
    CHECK(history[0].outcome == "done");
    CHECK(history[0].exit_code == 0);
    CHECK(history[0].generation_after == 1);
    REQUIRE(history[0].notes.size() == 1);
    CHECK(has(history[0].notes[0], "CN=signer"));
    CHECK(has(history[0].notes[0], "vendor"));
}

TEST_CASE("What runs is disturbed only after everything else has succeeded") {
    Scene scene;
    scene.have({bundles().base});
    scene.faults.forget_calls();
    scene.services.log.clear();
    scene.have({bundles().view});

    const auto& calls = scene.faults.calls();
    const auto first = [&](const char* name) {
        return std::find(calls.begin(), calls.end(), name) - calls.begin();
    };
    CHECK(first("engine.pull_layout") < first("engine.tag"));
    CHECK(first("engine.tag") < first("engine.create"));
    CHECK(first("engine.create") < first("machine.sync_file_system"));
    CHECK(first("machine.sync_file_system") < first("services.reload"));
    CHECK(first("services.reload") < first("services.start"));
    CHECK(std::count(calls.begin(), calls.end(), "services.reload") == 1);
    CHECK(scene.services.log == std::vector<std::string>{"inhibit shutdown", "reload",
                                                         "start view.target", "allow shutdown"});
}

TEST_CASE("Two bundles in the wrong order are installed in the right one") {
    Scene scene;
    const auto outcome = must(scene.install({bundles().view, bundles().base}));
    CHECK(outcome.generation_after == 1);
    CHECK(ids(scene.installed()) == std::vector<std::string>{"base", "view"});
    CHECK(scene.active("panel.service"));
    CHECK(scene.services.log ==
          std::vector<std::string>{"inhibit shutdown", "reload",
                                   "start installed-bundles.target base.target view.target",
                                   "allow shutdown"});
}

TEST_CASE("An add-on leaves what runs alone") {
    Scene scene;
    scene.have({bundles().base});
    const auto before = scene.snapshot();
    scene.have({bundles().view});
    for (const auto& [name, unit] : before.running) {
        INFO(name);
        CHECK(scene.services.units.at(name) == unit);
    }
    CHECK(scene.active("panel.service"));
    CHECK(must(store::Generations(scene.paths()).current()) == 2);
}

TEST_CASE("What is installed already is nothing to do") {
    Scene scene;
    scene.have({bundles().base});
    const auto before = scene.snapshot();
    scene.services.log.clear();
    const auto outcome = must(scene.install({bundles().base}));
    CHECK(outcome.plan.nothing_to_do());
    CHECK(outcome.generation_after == 1);
    CHECK(difference(before, scene.snapshot()).empty());
    CHECK(scene.services.log.empty());
    CHECK(must(store::read_history(scene.paths())).size() == 1);
}

TEST_CASE("A dry run says what would be done and changes nothing, not even the lock") {
    Scene scene;
    const auto empty = tree_of(scene.root());
    const auto outcome = must(scene.install({bundles().view, bundles().base}, true));
    CHECK(outcome.dry_run);
    CHECK(outcome.plan.add.size() == 2);
    CHECK(outcome.space == agent::planning::space_needed(outcome.plan));
    CHECK(outcome.space.kept == outcome.plan.bytes);
    CHECK(outcome.generation_after == outcome.generation_before);
    CHECK(tree_of(scene.root()) == empty);

    scene.have({bundles().base});
    const auto before = tree_of(scene.root());
    const auto running = scene.snapshot();
    const auto held = must(store::Lock::acquire(scene.paths(), "install"));
    const auto locked = tree_of(scene.root());
    must(scene.install({bundles().view}, true));
    must(scene.remove({"base"}, true));
    CHECK(tree_of(scene.root()) == locked);
    CHECK(difference(running, scene.snapshot()).empty());
    CHECK(before.size() == locked.size());
}

TEST_CASE("A clock that fell behind does not take the history's newest time down") {
    Scene scene;
    scene.have({bundles().base});
    const auto newest = store::newest_history_time(scene.paths());
    REQUIRE(newest);
    scene.machine.time = {};
    scene.progress.at_step = [&](const std::string&) {
        scene.machine.since_boot += std::chrono::minutes(1);
    };
    scene.have({bundles().view});
    REQUIRE(must(store::read_history(scene.paths())).size() == 2);
    CHECK(*store::newest_history_time(scene.paths()) >= *newest);
}

TEST_CASE("A history that cannot be written is a warning") {
    Scene scene;
    scene.initialise();
    std::filesystem::create_directory(scene.paths().history());
    must(scene.install({bundles().base}));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings[0], "history"));
    CHECK(scene.active("broker.service"));
}
