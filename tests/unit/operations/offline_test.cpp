// SPDX-License-Identifier: GPL-3.0-or-later
// Below another root: files are written, nothing is started.
#include "agent/operations/status.hpp"
#include "agent/store/generations.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

namespace {

Result<operations::Outcome> install_offline(Scene& scene,
                                            const std::vector<std::filesystem::path>& files) {
    return operations::change(scene.context(true), {.operation = "install",
                                                    .install = {files.begin(), files.end()},
                                                    .remove = {},
                                                    .dry_run = false});
}

/// Neither the engine nor the service manager was asked anything.
void check_nobody_asked(const Scene& scene) {
    for (const auto& call : scene.faults.calls()) {
        INFO(call);
        CHECK(call.starts_with("machine."));
    }
}

}  // namespace

TEST_CASE("Installing below another root writes the generation and asks no running machine") {
    Scene scene;
    const auto outcome = must(install_offline(scene, {bundles().base, bundles().view}));
    CHECK(outcome.generation_after == 1);
    CHECK(outcome.space == agent::planning::SpaceNeeded{.kept = outcome.plan.bytes, .engine = 0});
    check_nobody_asked(scene);
    const store::Generations generations(scene.paths());
    CHECK(must(generations.current()) == 1);
    CHECK(must(generations.installed()).bundles.size() == 2);
    CHECK(must(generations.read_units(1)).count("broker.service") == 1);
    CHECK(must(generations.read_containers(1)).size() == 3);
    CHECK(must(generations.read_info(1)).systemd_version == 0);
    // Nobody has seen it run.
    CHECK_FALSE(must(generations.read_state(1)).confirmed);
    CHECK(std::filesystem::exists(scene.paths().bundles() / "base_1.0.0/images/index.json"));
    CHECK(scene.engine.made.empty());

    for (const auto& bundle : must(operations::status(scene.context(true))).bundles)
        CHECK(bundle.condition == operations::Condition::offline);
    check_nobody_asked(scene);
}

TEST_CASE("Removing below another root takes the bundle out of the set") {
    Scene scene;
    must(install_offline(scene, {bundles().base, bundles().clock}));
    must(operations::change(scene.context(true), {.operation = "remove",
                                                  .install = {},
                                                  .remove = {*model::BundleId::parse("clock")},
                                                  .dry_run = false}));
    CHECK(must(store::Generations(scene.paths()).installed()).bundles.size() == 1);
    check_nobody_asked(scene);
}

TEST_CASE("Names of the root's own units are taken there, too") {
    for (const auto* directory : {"etc/systemd/system", "usr/lib/systemd/system"}) {
        INFO(directory);
        Scene scene;
        write_text(scene.root() / directory / "ticker.service", "[Service]\nExecStart=/bin/true\n");
        const auto result = install_offline(scene, {bundles().clock});
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::conflict);
        CHECK(has(result.error().text(), std::string(directory) + "/ticker.service"));
    }
}

TEST_CASE("Space is needed for what is kept only") {
    Scene scene;
    scene.machine.free = 1000;
    const auto result = install_offline(scene, {bundles().clock});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::no_space);
    check_nobody_asked(scene);
}
