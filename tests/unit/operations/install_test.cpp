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

model::InstalledSet installed(const Scene& scene) {
    return must(store::Generations(scene.paths()).installed());
}

std::string patched(std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return text;
}

}  // namespace

TEST_CASE("A bundle is installed and runs") {
    Scene scene;
    const auto outcome = must(scene.install({bundles().base}));

    CHECK(outcome.generation_before == 0);
    CHECK(outcome.generation_after == 1);
    CHECK(ids(installed(scene)) == std::vector<std::string>{"base"});
    for (const auto* unit : {"installed-bundles.target", "base.target", "base-restart.target",
                             "broker.service", "bridge.service"}) {
        INFO(unit);
        CHECK(scene.active(unit));
    }
    CHECK(scene.engine.image_names.size() == 2);
    for (const auto& [id, names] : scene.engine.image_names)
        CHECK(names.size() == 1);
    CHECK(scene.engine.made.size() == 2);
    const auto set = installed(scene);
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
    CHECK(scene.services.log == std::vector<std::string>{"reload", "start view.target"});
}

TEST_CASE("Two bundles in the wrong order are installed in the right one") {
    Scene scene;
    const auto outcome = must(scene.install({bundles().view, bundles().base}));
    CHECK(outcome.generation_after == 1);
    CHECK(ids(installed(scene)) == std::vector<std::string>{"base", "view"});
    CHECK(scene.active("panel.service"));
    CHECK(scene.services.log ==
          std::vector<std::string>{"reload",
                                   "start installed-bundles.target base.target view.target"});
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

TEST_CASE("A container that never says READY takes the installation back") {
    Scene scene;
    scene.have({bundles().clock});
    const auto before = scene.snapshot();
    scene.services.never_ready = {"bridge.service"};
    const auto result = scene.install({bundles().base, bundles().view});

    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(has(result.error().text(), "bridge.service: activating"));
    CHECK(has(result.error().text(), "1s"));
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
    scene.have({bundles().base, bundles().view});
}

TEST_CASE("A health check that stays bad takes the installation back") {
    Scene scene;
    scene.initialise();
    const auto before = scene.snapshot();
    const TemporaryDirectory directory;
    const auto file = make_bundle(directory.path() / "checked.bundle",
                                  clock_description() + "[containers.health]\ncmd = \"true\"\n");
    const auto plan = must(scene.install({file}, true)).plan;
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
        {"another version of what is installed",
         [&](Scene&) { make_bundle(file, patched(base_description(), "1.0.0", "1.1.0")); },
         ErrorCode::conflict, "version 1.0.0 is installed"},
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
        {"a key that this version cannot carry out",
         [&](Scene&) { make_bundle(file, clock_description() + "devices = [\"/dev/ttyS0\"]\n"); },
         ErrorCode::invalid, "not supported by this version"},
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
        const auto history = read_text(scene.paths().history());
        const auto result = scene.install({file});
        REQUIRE_FALSE(result);
        INFO(result.error().text());
        CHECK(result.error().code() == each.code);
        CHECK(has(result.error().text(), each.says));
        INFO(difference(before, scene.snapshot()));
        CHECK(before == scene.snapshot());
        CHECK(read_text(scene.paths().history()) == history);
    }
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
    CHECK(installed(scene).bundles.begin()->second.anchor.empty());
    CHECK(has(read_text(scene.paths().history()), "not signed"));
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

TEST_CASE("Cancelled before the switch, everything is as it was; later it is too late") {
    const auto clean = [] {
        Scene scene;
        scene.have({bundles().clock});
        unsigned asked = 0;
        scene.cancelled = [&asked] {
            ++asked;
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
    // Asked for once more would be after the switch, where nobody asks.
    Scene scene;
    scene.have({bundles().clock});
    unsigned asked = 0;
    scene.cancelled = [&asked, clean] { return ++asked > clean; };
    must(scene.install({bundles().base}));
}

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

TEST_CASE("Only a whole, listed bundle is kept") {
    Scene scene;
    scene.have({bundles().base});
    const auto set = installed(scene);
    const auto& bundle = set.bundles.begin()->second;
    const auto kept = scene.paths().bundle(bundle.description.id, bundle.description.version);
    for (const auto* member : {"manifest", "manifest.sig", "bundle.toml", "images/index.json"}) {
        INFO(member);
        CHECK(std::filesystem::is_regular_file(kept / member));
    }
    for (const auto& entry : std::filesystem::directory_iterator(scene.paths().bundles()))
        CHECK(entry.path().filename() == "base_1.0.0");
}
