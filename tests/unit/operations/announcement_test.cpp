// SPDX-License-Identifier: GPL-3.0-or-later
// What the machine's log is told.
#include <algorithm>

#include "tests/unit/operations/scene.hpp"

using namespace test;
using agent::host::Event;
using agent::host::Happening;

namespace {

std::vector<Happening> kinds(const std::vector<Event>& events) {
    std::vector<Happening> found;
    for (const auto& event : events)
        found.push_back(event.what);
    return found;
}

using Kinds = std::vector<Happening>;

}  // namespace

TEST_CASE("An installation is told when it begins and when it is done") {
    Scene scene;
    REQUIRE(scene.install({bundles().base}));
    REQUIRE(kinds(scene.events.all) == Kinds{Happening::begun, Happening::done});
    const auto& begun = scene.events.all.front();
    CHECK(begun.operation == "install");
    CHECK(begun.bundles == std::vector<std::string>{"base 1.0.0"});
    CHECK(begun.who == "tester (0)");
    CHECK(begun.generation_before == 0);
    CHECK(begun.generation_now == 0);
    CHECK_FALSE(begun.transaction.empty());
    const auto& done = scene.events.all.back();
    CHECK(done.transaction == begun.transaction);
    CHECK(done.generation_now == 1);
    CHECK(done.phase == "confirm");
    CHECK(done.exit_code == 0);
    CHECK(done.reason.empty());
}

TEST_CASE("What is refused or has nothing to do begins nothing") {
    Scene scene;
    REQUIRE(scene.install({bundles().base}));
    scene.events.all.clear();
    REQUIRE(scene.install({bundles().base}));
    REQUIRE_FALSE(scene.install({"/no/such.bundle"}));
    CHECK(scene.events.all.empty());
}

TEST_CASE("A failure is told with its phase, its code and its reason") {
    Scene scene;
    scene.services.never_ready.insert("broker.service");
    const auto failed = scene.install({bundles().base});
    REQUIRE_FALSE(failed);
    REQUIRE(kinds(scene.events.all) ==
            Kinds{Happening::begun, Happening::going_back, Happening::undone});
    CHECK(scene.events.all[1].reason.find("broker") != std::string::npos);
    const auto& event = scene.events.all.back();
    CHECK(event.phase == "verify");
    CHECK(event.exit_code == 8);
    CHECK(event.generation_now == 0);
    CHECK(event.reason == failed.error().text());
}

TEST_CASE("Progress counts what is done, and then what is undone") {
    Scene scene;
    scene.services.never_ready.insert("broker.service");
    REQUIRE_FALSE(scene.install({bundles().base}));
    CHECK(scene.progress.plans == 1);
    const auto& effects = scene.progress.effects;
    const auto undoing = std::find_if(effects.begin(), effects.end(),
                                      [](const auto& each) { return each.starts_with("undo"); });
    REQUIRE(undoing != effects.end());
    const auto done = std::distance(effects.begin(), undoing);
    CHECK(effects.front().starts_with("acquire 0/"));
    CHECK((undoing - 1)->starts_with("verify " + std::to_string(done - 1) + "/"));
    CHECK(*undoing == "undo 0/" + std::to_string(done));
    CHECK(effects.back() == "undo " + std::to_string(done - 1) + "/" + std::to_string(done));
}

TEST_CASE("Another root's operations are in its own history alone") {
    Scene scene;
    REQUIRE(agent::operations::change(
        scene.context(true),
        {.operation = "install", .install = {bundles().base}, .remove = {}, .dry_run = false}));
    CHECK(scene.events.all.empty());
}
