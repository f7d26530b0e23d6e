// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/control.hpp"
#include "agent/operations/verify.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/history.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

TEST_CASE("A removed bundle is stopped, and what stays runs on untouched") {
    Scene scene;
    scene.have({bundles().base, bundles().view, bundles().clock});
    const auto before = scene.snapshot();
    scene.services.log.clear();
    const auto outcome = must(scene.remove({"base", "view"}));

    CHECK(outcome.generation_after == 2);
    CHECK(scene.services.log ==
          std::vector<std::string>{
              "inhibit shutdown",
              "stop view-restart.target view.target panel.service base-restart.target base.target "
              "broker.service bridge.service",
              "reload", "allow shutdown"});
    for (const auto* unit : {"view.target", "panel.service", "base.target", "broker.service"})
        CHECK_FALSE(scene.active(unit));
    CHECK(scene.services.units.at("ticker.service") == before.running.at("ticker.service"));
    CHECK(scene.services.loaded.count("panel.service") == 0);

    const auto history = must(store::read_history(scene.paths()));
    REQUIRE(history.size() == 2);
    CHECK(history[1].operation == "remove");
    CHECK(history[1].bundles == std::vector<std::string>{"view 2.1.0", "base 1.0.0"});
}

TEST_CASE("What a removed bundle needed goes once no kept generation needs it") {
    Scene scene;
    scene.configuration.keep_generations = 1;
    scene.have({bundles().base, bundles().clock});
    must(scene.remove({"base"}));

    CHECK(must(store::Generations(scene.paths()).list()) == std::vector<unsigned>{2});
    REQUIRE(scene.engine.made.size() == 1);
    CHECK(has(scene.engine.made.begin()->first, "ticker-"));
    CHECK(scene.engine.image_names.size() == 1);
    std::vector<std::string> kept;
    for (const auto& entry : std::filesystem::directory_iterator(scene.paths().bundles()))
        kept.push_back(entry.path().filename().string());
    CHECK(kept == std::vector<std::string>{"clock_0.1.0"});
    CHECK(scene.progress.warnings.empty());
}

TEST_CASE("Without that, a kept generation keeps it") {
    Scene scene;
    scene.have({bundles().base});
    const auto images = scene.engine.image_names;
    must(scene.remove({"base"}));
    CHECK(scene.engine.image_names == images);
    CHECK(scene.engine.made.size() == 2);
    CHECK(std::filesystem::exists(scene.paths().bundles() / "base_1.0.0"));
}

TEST_CASE("A removal is refused before anything stops") {
    Scene scene;
    scene.have({bundles().base, bundles().view});
    const auto before = scene.snapshot();

    const auto needed = scene.remove({"base"});
    REQUIRE_FALSE(needed);
    CHECK(needed.error().code() == ErrorCode::conflict);
    CHECK(has(needed.error().text(), "required by view"));
    const auto unknown = scene.remove({"ghost"});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code() == ErrorCode::not_found);
    CHECK(difference(before, scene.snapshot()).empty());
}

TEST_CASE("What was stopped by hand is not started on the way back") {
    Scene scene;
    scene.have({bundles().base, bundles().view});
    must(operations::stop(scene.context(), {"view"}));
    scene.services.cannot_stop = {"bridge.service"};
    REQUIRE_FALSE(scene.remove({"base", "view"}));
    CHECK(scene.active("broker.service"));
    CHECK_FALSE(scene.active("view.target"));
    CHECK_FALSE(scene.active("panel.service"));
}

TEST_CASE("An image that cannot be removed keeps nothing else, and is tried again") {
    Scene scene;
    scene.configuration.keep_generations = 1;
    scene.have({bundles().base, bundles().clock});
    const auto image = must(store::Generations(scene.paths()).installed())
                           .bundles.at(*model::BundleId::parse("clock"))
                           .containers[0]
                           .image_id.hex();
    scene.engine.made["theirs"] = {
        .id = "theirs", .name = "theirs", .state = "exited", .image_id = image, .labels = {}};
    must(scene.remove({"base", "clock"}));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings[0], "in use by theirs"));
    CHECK(scene.engine.image_names.size() == 1);
    CHECK(scene.engine.made.size() == 1);
    // The generation that knows of the image stays, and is whole.
    const auto sound = [](const operations::Defect& defect) {
        return defect.kind == operations::Defect::Kind::leftover;
    };
    const auto defects = must(operations::verify(scene.context(), false)).defects;
    CHECK_FALSE(defects.empty());
    CHECK(std::all_of(defects.begin(), defects.end(), sound));

    scene.engine.made.clear();
    must(scene.install({bundles().base}));
    CHECK(scene.engine.image_names.count(image) == 0);
    const std::filesystem::directory_iterator kept(scene.paths().bundles());
    CHECK(kept->path().filename() == "base_1.0.0");
    CHECK(std::distance(kept, {}) == 1);
    CHECK(must(store::Generations(scene.paths()).list()) == std::vector<unsigned>{3});
}

TEST_CASE("A unit that does not stop keeps its bundle") {
    Scene scene;
    scene.have({bundles().base, bundles().view});
    scene.services.cannot_stop = {"panel.service"};
    const auto result = scene.remove({"view"});
    REQUIRE_FALSE(result);
    CHECK(has(result.error().text(), "panel.service: the job ended with 'timeout'"));
    CHECK(must(store::Generations(scene.paths()).current()) == 1);
    CHECK(scene.active("view.target"));
    CHECK(scene.active("panel.service"));
}

TEST_CASE("An image that was there before stays, with all its names") {
    Scene scene;
    scene.configuration.keep_generations = 1;
    scene.initialise();
    const auto image = must(scene.install({bundles().clock}, true))
                           .plan.specs.begin()
                           ->second.container.image_id.hex();
    scene.engine.image_names[image] = {"localhost/mine:1"};
    scene.have({bundles().clock});
    must(scene.remove({"clock"}));
    CHECK(scene.engine.made.empty());
    REQUIRE(scene.engine.image_names.count(image) == 1);
    CHECK(scene.engine.image_names.at(image).count("localhost/mine:1") == 1);
}

TEST_CASE("What was held does not stay held beyond its bundle") {
    Scene scene;
    scene.have({bundles().base});
    must(operations::stop(scene.context(), {"broker"}));
    REQUIRE(scene.services.units.at("broker.service").masked);
    must(scene.remove({"base"}));
    scene.have({bundles().base});
    CHECK(scene.active("broker.service"));
}

TEST_CASE("A set that does not come up again is not called restored") {
    Scene scene;
    scene.have({bundles().base, bundles().view});
    scene.services.cannot_stop = {"broker.service"};
    scene.services.never_ready = {"panel.service"};
    const auto result = scene.remove({"base", "view"});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::rollback_failed);
    CHECK(has(result.error().text(), "not up again"));
    CHECK(has(result.error().text(), "panel.service"));
    CHECK(scene.events.all.back().what == host::Happening::stuck);
}
