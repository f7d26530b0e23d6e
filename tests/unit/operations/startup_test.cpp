// SPDX-License-Identifier: GPL-3.0-or-later
// What happens at boot.
#include <algorithm>

#include "agent/model/unit_name.hpp"
#include "agent/operations/startup.hpp"
#include "agent/store/engine_stamp.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

namespace {

const std::vector<std::string> kOnlyQueued = {"queue installed-bundles.target"};
const std::vector<std::string> kReloadedAndQueued = {"reload", "queue installed-bundles.target"};

/// What the generator leaves when it has linked that generation.
void linked_by_generator(const Scene& scene, const std::string& number) {
    const auto directory = scene.root() / "run/systemd/generator.late";
    std::filesystem::create_directories(directory);
    const auto stamp = directory / model::kLoadedGenerationStamp;
    std::filesystem::remove(stamp);
    std::filesystem::create_symlink(number, stamp);
}

void shut_down(Scene& scene) {
    must(operations::write_engine_stamp(scene.context()));
}

/// A machine with a base that was shut down cleanly, and booted with its units linked.
void booted(Scene& scene) {
    scene.have({bundles().base});
    shut_down(scene);
    linked_by_generator(scene, "1");
    scene.services.log.clear();
    scene.faults.forget_calls();
}

bool asked(const Scene& scene, const std::string& call) {
    const auto& calls = scene.faults.calls();
    return std::find(calls.begin(), calls.end(), call) != calls.end();
}

}  // namespace

TEST_CASE("After a clean shutdown the start is queued, and the engine is asked nothing") {
    Scene scene;
    booted(scene);
    must(operations::startup(scene.context()));
    CHECK(scene.services.log == kOnlyQueued);
    CHECK_FALSE(asked(scene, "engine.images"));
    CHECK_FALSE(asked(scene, "engine.containers"));
    CHECK(scene.progress.warnings.empty());
}

TEST_CASE("Units are loaded again only where those of another generation are") {
    struct Case {
        const char* linked;
        bool reload;
    };
    for (const auto& [linked, reload] : std::vector<Case>{
             {"1", false}, {"0", true}, {"12", true}, {"not a number", true}, {"", true}}) {
        INFO(linked);
        Scene scene;
        booted(scene);
        if (*linked == '\0')
            std::filesystem::remove_all(scene.root() / "run");
        else
            linked_by_generator(scene, linked);
        must(operations::startup(scene.context()));
        CHECK(scene.services.log == (reload ? kReloadedAndQueued : kOnlyQueued));
    }
}

TEST_CASE("A lost store is filled again from what is kept") {
    Scene scene;
    booted(scene);
    const auto images = scene.engine.image_names;
    const auto arguments = scene.engine.arguments;
    scene.engine.image_names.clear();
    scene.engine.made.clear();
    scene.engine.arguments.clear();
    must(store::remove_stamp(scene.graph_root()));

    must(operations::startup(scene.context()));
    CHECK(scene.engine.image_names == images);
    CHECK(scene.engine.arguments == arguments);
    CHECK(asked(scene, "machine.sync_file_system"));
    CHECK(scene.services.log == kOnlyQueued);
    // Two images, two containers.
    CHECK(scene.progress.warnings.size() == 4);
}

TEST_CASE("Only what is missing is restored") {
    Scene scene;
    booted(scene);
    const auto made = scene.engine.made;
    scene.engine.made.erase(scene.engine.made.begin());
    must(store::write_stamp(scene.graph_root(), 7));
    must(operations::startup(scene.context()));
    CHECK(scene.engine.made.size() == made.size());
    CHECK_FALSE(asked(scene, "engine.pull_layout"));
    CHECK(scene.progress.warnings.size() == 1);
}

TEST_CASE("What cannot be restored keeps nothing else from starting") {
    Scene scene;
    booted(scene);
    scene.engine.image_names.clear();
    scene.engine.made.clear();
    must(store::remove_stamp(scene.graph_root()));

    SECTION("an image that is damaged on disk") {
        const auto kept = scene.paths().bundles() / "base_1.0.0/images/index.json";
        write_text(kept, "{}");
    }
    SECTION("an engine that does not answer") {
        scene.faults.fail_at(1, CallFaults::Kind::before);
    }
    SECTION("an operation that holds the lock") {
        const auto held = must(store::Lock::acquire(scene.paths(), "install"));
        must(operations::startup(scene.context()));
        CHECK(scene.services.log == kOnlyQueued);
        CHECK(has(scene.progress.warnings.at(0), "install"));
        return;
    }
    must(operations::startup(scene.context()));
    CHECK(scene.services.log == kOnlyQueued);
    CHECK_FALSE(scene.progress.warnings.empty());
}

TEST_CASE("A damaged generation is told of, and what its units say is started") {
    Scene scene;
    booted(scene);
    write_text(scene.paths().generation(1) / "generation.toml", "format = 99\n");
    must(operations::startup(scene.context()));
    CHECK(scene.services.log == kOnlyQueued);
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings[0], "installed set"));
}

TEST_CASE("Another systemd gets the same set with units of its own") {
    Scene scene;
    scene.have({bundles().base, bundles().clock});
    shut_down(scene);
    linked_by_generator(scene, "1");
    scene.services.log.clear();
    scene.services.systemd_version = 257;
    const store::Generations generations(scene.paths());
    const auto before = must(generations.installed());

    must(operations::startup(scene.context()));
    CHECK(must(generations.current()) == 2);
    CHECK(must(generations.installed()).bundles == before.bundles);
    const auto info = must(generations.read_info(2));
    CHECK(info.parent == 1);
    CHECK(info.systemd_version == 257);
    CHECK(info.brought_images == must(generations.read_info(1)).brought_images);
    CHECK(has(info.reason, "257"));
    CHECK(must(generations.read_state(2)).confirmed);
    CHECK(must(generations.read_containers(2)) == must(generations.read_containers(1)));
    CHECK(has(must(generations.read_units(2)).at("ticker.service"), "RestartMode=direct"));
    CHECK_FALSE(has(must(generations.read_units(1)).at("ticker.service"), "RestartMode="));
    CHECK(scene.services.log == kReloadedAndQueued);

    scene.services.log.clear();
    linked_by_generator(scene, "2");
    must(operations::startup(scene.context()));
    CHECK(must(generations.current()) == 2);
    CHECK(scene.services.log == kOnlyQueued);
}

TEST_CASE("Units that are rendered again leave no generation more than are kept") {
    Scene scene;
    scene.have({bundles().clock});
    shut_down(scene);
    linked_by_generator(scene, "1");
    scene.configuration.keep_generations = 1;
    scene.services.systemd_version = 257;
    must(operations::startup(scene.context()));
    CHECK(must(store::Generations(scene.paths()).list()) == std::vector<unsigned>{2});
    CHECK(scene.engine.made.size() == 1);
    CHECK(scene.engine.image_names.size() == 1);
    CHECK(scene.progress.warnings.empty());
}

TEST_CASE("A name that an image lost while the store was torn is given back") {
    Scene scene;
    scene.have({bundles().clock});
    linked_by_generator(scene, "1");
    scene.engine.image_names.begin()->second.clear();
    must(operations::startup(scene.context()));
    CHECK(scene.engine.image_names.begin()->second == std::set<std::string>{"localhost/ticker:1"});
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(scene.progress.warnings[0] == "restored: naming image localhost/ticker:1");
}

TEST_CASE("With nothing installed, startup writes nothing") {
    Scene scene;
    scene.initialise();
    const auto before = scene.snapshot();
    linked_by_generator(scene, "0");
    const auto linked = scene.snapshot();
    must(operations::startup(scene.context()));
    CHECK(difference(linked, scene.snapshot()).empty());
    CHECK(before.running.empty());
}

TEST_CASE("The stamp says which generation the store was left with") {
    Scene scene;
    scene.have({bundles().base});
    CHECK_FALSE(store::stamp_matches(scene.graph_root(), 1));
    must(operations::write_engine_stamp(scene.context()));
    CHECK(store::stamp_matches(scene.graph_root(), 1));
    CHECK_FALSE(store::stamp_matches(scene.graph_root(), 2));
    must(operations::clear_engine_stamp(scene.context()));
    CHECK_FALSE(store::stamp_matches(scene.graph_root(), 1));
    must(operations::clear_engine_stamp(scene.context()));
}
