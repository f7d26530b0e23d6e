// SPDX-License-Identifier: GPL-3.0-or-later
// Installations that are refused before anything is done.
#include <algorithm>

#include "agent/store/history.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

TEST_CASE("A second operation is refused while one runs") {
    Scene scene;
    scene.initialise();
    const auto before = scene.snapshot();
    {
        const auto held = must(store::Lock::acquire(scene.paths(), "install"));
        const auto result = scene.install({bundles().base});
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::busy);
        CHECK(has(result.error().text(), "install"));
        CHECK(difference(before, scene.snapshot()).empty());
    }
    scene.have({bundles().base});
}

TEST_CASE("What is refused leaves the machine and the history as they were") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "bad.bundle";
    struct Case {
        const char* what;
        std::function<void(Scene&)> arrange;
        ErrorCode code;
        std::string says;
    };
    const std::vector<Case> cases = {
        {"not signed", [&](Scene&) { make_bundle(file, clock_description(), ""); },
         ErrorCode::untrusted, "not signed"},
        {"signed by nobody that is known",
         [&](Scene& scene) {
             make_bundle(file, clock_description());
             std::filesystem::remove(scene.root() / "etc/update-agent/trust.d/vendor.pem");
         },
         ErrorCode::untrusted, "bad.bundle"},
        {"an id that the anchor may not sign",
         [&](Scene& scene) {
             make_bundle(file, clock_description());
             write_text(scene.root() / "etc/update-agent/trust.d/vendor.toml",
                        "ids = [\"base\", \"view-*\"]\n");
         },
         ErrorCode::untrusted, "clock"},
        {"cut short",
         [&](Scene&) {
             make_bundle(file, clock_description());
             std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
         },
         ErrorCode::invalid, "bad.bundle"},
        {"a lower version than the installed one",
         [&](Scene&) { make_bundle(file, patched(base_description(), "1.0.0", "0.9.0")); },
         ErrorCode::untrusted, "lower than 1.0.0"},
        {"other content of what is installed",
         [&](Scene&) { make_bundle(file, base_description() + "env = {A = \"b\"}\n"); },
         ErrorCode::conflict, "other content"},
        {"a requirement that is not there",
         [&](Scene&) { make_bundle(file, patched(view_description(), "^1.0", "^2.0")); },
         ErrorCode::conflict, "requires base ^2.0, and 1.0.0 is there"},
        {"a container's name that is taken",
         [&](Scene&) {
             make_bundle(file, patched(clock_description(), "\"ticker\"", "\"broker\""));
         },
         ErrorCode::conflict, "'broker' is taken by the bundle base"},
        {"the name of a unit of the host",
         [&](Scene& scene) {
             make_bundle(file, clock_description());
             scene.services.foreign["ticker.service"] = "/lib/systemd/system/ticker.service";
         },
         ErrorCode::conflict, "/lib/systemd/system/ticker.service"},
        {"a secret that podman has not",
         [&](Scene& scene) {
             make_bundle(file, clock_description() + "secrets = [{name = \"key\"}]\n");
             scene.engine.secret_names = {"other"};
         },
         ErrorCode::conflict,
         "containers[0].secrets[0].name: podman has no secret 'key' (podman secret create key "
         "FILE)"},
        {"a device that is missing",
         [&](Scene&) { make_bundle(file, clock_description() + "devices = [\"/dev/ttyS0\"]\n"); },
         ErrorCode::conflict, "clock 0.1.0:12:12: containers[0].devices[0]: /dev/ttyS0 is missing"},
        {"no space for the bundle",
         [&](Scene& scene) {
             make_bundle(file, clock_description());
             scene.machine.free = 1000;
         },
         ErrorCode::no_space, "are free"},
        {"no space in the engine's store",
         [&](Scene& scene) {
             make_bundle(file, clock_description());
             scene.machine.engine_free = 1000;
         },
         ErrorCode::no_space, "storage"},
        {"an image id that none of its images has",
         [&](Scene&) {
             make_bundle(file, clock_description() + "image-id = \"sha256:" + std::string(64, 'e') +
                                   "\"\n");
         },
         ErrorCode::invalid, "no image with the id eeee"},
        {"no such file", [&](Scene&) { std::filesystem::remove(file); }, ErrorCode::not_found,
         "bad.bundle"},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        Scene scene;
        scene.have({bundles().base});
        std::filesystem::remove(file);
        each.arrange(scene);
        const auto before = scene.snapshot();
        const auto history = must(agent::store::read_history(scene.paths()));
        const auto result = scene.install({file});
        REQUIRE_FALSE(result);
        INFO(result.error().text());
        CHECK(result.error().code() == each.code);
        CHECK(has(result.error().text(), each.says));
        CHECK_FALSE(has(result.error().text(), file.string() + ": " + file.string()));
        INFO(difference(before, scene.snapshot()));
        CHECK(before == scene.snapshot());
        // What is found wrong only while the file is read was tried.
        const auto after = must(agent::store::read_history(scene.paths()));
        REQUIRE(after.size() <= history.size() + 1);
        if (after.size() > history.size()) CHECK(has(after.back().outcome, each.says));
    }
}

TEST_CASE("Podman is asked for secrets only where a container wants one") {
    const TemporaryDirectory directory;
    const auto file = make_bundle(directory.path() / "clock.bundle",
                                  clock_description() + "secrets = [{name = \"key\"}]\n");
    const auto asked = [](const Scene& scene) {
        const auto& calls = scene.faults.calls();
        return std::count(calls.begin(), calls.end(), "engine.secrets");
    };
    Scene scene;
    scene.engine.secret_names = {"key"};
    scene.have({bundles().base});
    CHECK(asked(scene) == 0);
    scene.have({file});
    CHECK(asked(scene) == 1);
    CHECK(std::ranges::any_of(scene.engine.arguments, [](const auto& each) {
        const auto& words = each.second;
        return std::count(words.begin(), words.end(), "--secret=key,type=mount,target=key") == 1;
    }));
}

TEST_CASE("Problems of all files are told together") {
    const TemporaryDirectory directory;
    const auto unsigned_file =
        make_bundle(directory.path() / "unsigned.bundle", clock_description(), "");
    Scene scene;
    const auto result = scene.install({unsigned_file, directory.path() / "absent.bundle"});
    REQUIRE_FALSE(result);
    CHECK(has(result.error().text(), "unsigned.bundle"));
    CHECK(has(result.error().text(), "absent.bundle"));
}

TEST_CASE("An unsigned bundle is let in where the configuration says so, and that is told") {
    const TemporaryDirectory directory;
    const auto file = make_bundle(directory.path() / "unsigned.bundle", clock_description(), "");
    Scene scene;
    scene.configuration.signed_bundles_only = false;
    const auto outcome = must(scene.install({file}));
    REQUIRE(outcome.notes.size() == 1);
    CHECK(has(outcome.notes[0], "not signed"));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings[0], "not signed"));
    CHECK(scene.installed().bundles.begin()->second.anchor.empty());
    CHECK(has(read_text(scene.paths().history()), "not signed"));
}
