// SPDX-License-Identifier: GPL-3.0-or-later
// When an administrator's programs are asked and told, and with what.
#include <nlohmann/json.hpp>

#include "tests/unit/operations/scene.hpp"

using namespace test;
using agent::host::HookPoint;
using Json = nlohmann::json;

TEST_CASE("Hooks see the plan before an installation, and what came of it") {
    Scene scene;
    REQUIRE(scene.install({bundles().base}));
    REQUIRE(scene.hooks.calls.size() == 2);
    CHECK(scene.hooks.calls.front().first == HookPoint::before);
    CHECK(scene.hooks.calls.back().first == HookPoint::after);
    const auto before = Json::parse(scene.hooks.calls.front().second);
    CHECK(before.at("format") == 1);
    CHECK(before.at("operation") == "install");
    CHECK(before.at("bundles") == Json::array({"base 1.0.0"}));
    CHECK(before.at("generation-now") == 0);
    CHECK(before.at("plan").at("installed").at(0).at("id") == "base");
    const auto after = Json::parse(scene.hooks.calls.back().second);
    CHECK(after.at("transaction") == before.at("transaction"));
    CHECK(after.at("generation-now") == 1);
    CHECK(after.at("exit-code") == 0);
    CHECK(after.at("reason").is_null());
    CHECK(after.at("plan") == before.at("plan"));
}

TEST_CASE("A hook that says no ends an operation before it has begun") {
    Scene scene;
    scene.initialise();
    const auto snapshot = scene.snapshot();
    scene.hooks.failing = {HookPoint::before};
    const auto refused = scene.install({bundles().base});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == agent::model::ErrorCode::conflict);
    CHECK(refused.error().text() == "the hook says no");
    CHECK(scene.snapshot() == snapshot);
    CHECK(scene.hooks.calls.size() == 1);
    CHECK(scene.events.all.empty());
    CHECK(scene.progress.plans == 0);
}

TEST_CASE("A hook that fails afterwards is a warning") {
    Scene scene;
    scene.hooks.failing = {HookPoint::after};
    REQUIRE(scene.install({bundles().base}));
    CHECK(scene.progress.warnings == std::vector<std::string>{"the hook says no"});
}

TEST_CASE("What failed is told to the hooks of failures") {
    Scene scene;
    scene.services.never_ready.insert("broker.service");
    const auto failed = scene.install({bundles().base});
    REQUIRE_FALSE(failed);
    REQUIRE(scene.hooks.calls.size() == 2);
    CHECK(scene.hooks.calls.back().first == HookPoint::failed);
    const auto told = Json::parse(scene.hooks.calls.back().second);
    CHECK(told.at("exit-code") == 8);
    CHECK(told.at("reason") == failed.error().text());
}

TEST_CASE("No hook is asked about what changes nothing, or another root") {
    Scene scene;
    REQUIRE(scene.install({bundles().base}, true));
    REQUIRE(agent::operations::change(
        scene.context(true),
        {.operation = "install", .install = {bundles().base}, .remove = {}, .dry_run = false}));
    CHECK(scene.hooks.calls.empty());
}
