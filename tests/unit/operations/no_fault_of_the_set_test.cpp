// SPDX-License-Identifier: GPL-3.0-or-later
// What fails for other reasons than the set's health is not remembered, and is settled all the
// same.
#include <algorithm>

#include "agent/operations/control.hpp"
#include "agent/operations/recover.hpp"
#include "agent/store/failed_sets.hpp"
#include "agent/store/journal.hpp"
#include "tests/unit/operations/journal_cases.hpp"

using namespace test;

namespace {

void cut_before(Scene& scene, const std::string& step, const std::filesystem::path& file) {
    scene.faults.dead = [] { return Faults::further_call(); };
    bool cut = false;
    scene.progress.at_step = [&](const std::string& what) {
        if (!cut && what.starts_with(step)) Faults::die_at(1);
        cut |= what.starts_with(step);
    };
    CHECK_FALSE(scene.install({file}));
    scene.progress = {};
    scene.faults.dead = [] { return false; };
    Faults::disarm();
    REQUIRE(store::has_journal(scene.paths()));
}

}  // namespace

TEST_CASE("A container that an engine that hangs does not start makes no bad set") {
    Scene scene;
    scene.have({bundles().base});
    for (const auto& [name, spec] : must(scene.install({newer_base()}, true)).plan.specs)
        if (name.value() == "broker")
            scene.services.never_ready_containers = {spec.container.podman_name};
    scene.engine.hangs = true;
    const auto result = scene.install({newer_base()});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::internal);
    CHECK(has(result.error().text(), "while podman does not answer"));
    CHECK(has(result.error().text(), "the old set is running again"));
    CHECK(must(store::read_failed_sets(scene.paths())).empty());

    scene.engine.hangs = false;
    scene.services.never_ready_containers.clear();
    must(scene.install({newer_base()}));
}

TEST_CASE("An image that somebody uses by now stays, and the operation is settled") {
    Scene scene;
    scene.have({bundles().base});
    const auto before = scene.engine.image_names;
    cut_before(scene, "creating container", bundles().clock);
    std::string brought;
    for (const auto& [id, names] : scene.engine.image_names)
        if (before.count(id) == 0) brought = id;
    REQUIRE_FALSE(brought.empty());
    scene.engine.made["mine"] = {
        .id = "1", .name = "mine", .state = "running", .image_id = brought, .labels = {}};
    const auto settled = must(operations::recover(scene.context()));
    CHECK(settled.value().how == operations::Settled::How::undone);
    CHECK_FALSE(store::has_journal(scene.paths()));
    CHECK(scene.engine.image_names.count(brought) == 1);
    CHECK(std::any_of(scene.progress.warnings.begin(), scene.progress.warnings.end(),
                      [](const auto& text) { return has(text, "in use by mine"); }));
}

TEST_CASE("What runs on a machine is not settled from another one") {
    Scene scene;
    scene.have({bundles().base});
    cut_before(scene, "switching", newer_base());
    const auto before = scene.snapshot();
    scene.faults.forget_calls();
    for (const auto& error :
         {operations::recover(scene.context(true)).error(),
          operations::change(scene.context(true),
                             {.operation = "install", .install = {bundles().clock}, .remove = {}})
              .error()}) {
        CHECK(error.code() == ErrorCode::conflict);
        CHECK(has(error.text(), "when it is booted from " + scene.root().string()));
    }
    CHECK(scene.faults.calls().empty());
    CHECK(before == scene.snapshot());
    CHECK(must(operations::recover(scene.context())).value().how ==
          operations::Settled::How::undone);
}

TEST_CASE("What was held is held again where its removal goes back") {
    Scene scene;
    scene.have({bundles().base, bundles().view});
    must(operations::stop(scene.context(), {"panel"}));
    bool reloaded = false;
    scene.progress.at_step = [&](const std::string& step) {
        if (step.starts_with("switching") && !reloaded) {
            reloaded = true;
            scene.faults.fail_at(1, CallFaults::Kind::before);
        }
    };
    REQUIRE_FALSE(scene.remove({"view"}));
    CHECK(scene.services.units.at("panel.service").masked);
    CHECK_FALSE(scene.active("panel.service"));
}

TEST_CASE("A name does not go back to an image that was removed meanwhile") {
    Scene scene;
    scene.have({bundles().base});
    const auto context = scene.context();
    operations::World world{.context = context, .readers = {}};
    const auto gone = model::Sha256::parse(std::string(64, 'e')).value();
    const auto there = model::Sha256::parse(scene.engine.image_names.begin()->first).value();
    must(operations::undo(operations::NameImage{there, "localhost/x:1", gone}, world));
    CHECK(scene.engine.image_names.count(gone.hex()) == 0);
    // Where nobody had it, it is taken away again.
    must(scene.engine.tag(there, "localhost/x:1"));
    must(operations::undo(operations::NameImage{there, "localhost/x:1", std::nullopt}, world));
    CHECK(scene.engine.image_names.at(there.hex()).count("localhost/x:1") == 0);
}
