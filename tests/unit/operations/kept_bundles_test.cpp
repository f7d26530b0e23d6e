// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/generations.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

TEST_CASE("A bundle that was removed comes back from what is kept") {
    Scene scene;
    scene.have({bundles().clock});
    must(scene.remove({"clock"}));
    must(scene.install({bundles().clock}));
    CHECK(scene.active("ticker.service"));

    const TemporaryDirectory directory;
    const auto other =
        make_bundle(directory.path() / "other.bundle", clock_description() + "init = true\n");
    must(scene.remove({"clock"}));
    const auto before = scene.snapshot();
    const auto result = scene.install({other});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::conflict);
    CHECK(has(result.error().text(), "earlier generation"));
    CHECK(before == scene.snapshot());
}

TEST_CASE("A kept directory that no generation names, or that is damaged, is replaced") {
    Scene scene;
    scene.have({bundles().base});
    const auto orphan = scene.paths().bundles() / "clock_0.1.0";
    write_text(orphan / "manifest", "the rest of it was being removed when the power went");
    must(scene.install({bundles().clock}));
    CHECK(std::filesystem::exists(orphan / "bundle.toml"));

    must(scene.remove({"clock"}));
    write_text(orphan / "manifest", "damaged");
    std::filesystem::remove(orphan / "bundle.toml");
    must(scene.install({bundles().clock}));
    CHECK(std::filesystem::exists(orphan / "bundle.toml"));
    CHECK(scene.active("ticker.service"));
}

TEST_CASE("Only a whole, listed bundle is kept") {
    Scene scene;
    scene.have({bundles().base});
    const auto set = scene.installed();
    const auto& bundle = set.bundles.begin()->second;
    const auto kept = scene.paths().bundle(bundle.description.id, bundle.description.version);
    for (const auto* member : {"manifest", "manifest.sig", "bundle.toml", "images/index.json"}) {
        INFO(member);
        CHECK(std::filesystem::is_regular_file(kept / member));
    }
    for (const auto& entry : std::filesystem::directory_iterator(scene.paths().bundles()))
        CHECK(entry.path().filename() == "base_1.0.0");
}
