// SPDX-License-Identifier: GPL-3.0-or-later
// Freezing what runs, and what ends that; systemd refuses to stop what is frozen.
#include "agent/operations/control.hpp"
#include "agent/operations/startup.hpp"
#include "agent/operations/status.hpp"
#include "agent/store/engine_stamp.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

namespace {

using Lines = std::vector<std::string>;

void arrange(Scene& scene) {
    scene.have({bundles().base, bundles().view, bundles().clock});
    scene.services.log.clear();
}

bool frozen(const Scene& scene, const std::string& unit) {
    const auto found = scene.services.units.find(unit);
    return found != scene.services.units.end() && found->second.frozen;
}

operations::Condition condition(Scene& scene, const std::string& id) {
    for (const auto& bundle : must(operations::status(scene.context())).bundles)
        if (bundle.description.id.value() == id) return bundle.condition;
    FAIL("no bundle " + id);
    return {};
}

}  // namespace

TEST_CASE("What runs of a bundle is paused, once something is there that lets it run on") {
    Scene scene;
    arrange(scene);
    must(operations::pause(scene.context(), {"base"}));
    CHECK(scene.services.log ==
          Lines{"start update-agent-thaw.service", "freeze broker.service bridge.service"});
    CHECK(condition(scene, "base") == operations::Condition::paused);
    CHECK(condition(scene, "view") == operations::Condition::running);
    CHECK(scene.active("broker.service"));

    scene.services.log.clear();
    must(operations::resume(scene.context(), {"bundle:base"}));
    CHECK(scene.services.log ==
          Lines{"thaw broker.service", "thaw bridge.service", "stop update-agent-thaw.service"});
    CHECK(condition(scene, "base") == operations::Condition::running);
}

TEST_CASE("Pausing what is paused, and resuming what is not, are done") {
    Scene scene;
    arrange(scene);
    must(operations::pause(scene.context(), {"broker"}));
    must(operations::pause(scene.context(), {"broker"}));
    CHECK(frozen(scene, "broker.service"));
    CHECK_FALSE(frozen(scene, "bridge.service"));
    must(operations::resume(scene.context(), {"container:broker"}));
    must(operations::resume(scene.context(), {"broker"}));
    CHECK_FALSE(frozen(scene, "broker.service"));
}

TEST_CASE("What does not run is neither paused nor resumed") {
    Scene scene;
    arrange(scene);
    must(operations::stop(scene.context(), {"bridge", "view"}));
    scene.services.log.clear();
    for (const auto act : {operations::pause, operations::resume})
        for (const auto* name : {"bridge", "panel", "view"}) {
            INFO(name);
            const auto result = act(scene.context(), {"broker", name});
            REQUIRE_FALSE(result);
            CHECK(result.error().code() == ErrorCode::conflict);
            CHECK(has(result.error().text(), "is not running; 'update-agent start'"));
            CHECK(has(result.error().text(), ".service: inactive"));
        }
    CHECK(scene.services.log.empty());
    CHECK_FALSE(frozen(scene, "broker.service"));
    // Of a bundle, what runs.
    must(operations::pause(scene.context(), {"base"}));
    CHECK(frozen(scene, "broker.service"));
    CHECK_FALSE(frozen(scene, "bridge.service"));
}

TEST_CASE("What is not there is not found, and beside an operation nothing is paused") {
    Scene scene;
    arrange(scene);
    for (const auto act : {operations::pause, operations::resume}) {
        CHECK(act(scene.context(), {"nobody"}).error().code() == ErrorCode::not_found);
        CHECK(act(scene.context(true), {"base"}).error().code() == ErrorCode::usage);
    }
    const auto lock = must(store::Lock::acquire_units(scene.paths(), "install"));
    CHECK(operations::pause(scene.context(), {"base"}).error().code() == ErrorCode::busy);
    CHECK(operations::resume(scene.context(), {"base"}).error().code() == ErrorCode::busy);
    CHECK(scene.services.log.empty());
}

TEST_CASE("Nothing is paused that could not run on at a shutdown") {
    Scene scene;
    arrange(scene);
    scene.services.units["update-agent-thaw.service"].masked = true;
    const auto result = operations::pause(scene.context(), {"base"});
    REQUIRE_FALSE(result);
    CHECK(has(result.error().text(), "update-agent-thaw.service could not be started (failed)"));
    CHECK_FALSE(frozen(scene, "broker.service"));
}

TEST_CASE("What cannot be paused is told with the reason") {
    Scene scene;
    arrange(scene);
    // Opening the transaction's lock asks nothing: states, start, freeze.
    scene.faults.fail_at(3, CallFaults::Kind::before);
    const auto result = operations::pause(scene.context(), {"base"});
    REQUIRE_FALSE(result);
    CHECK(has(result.error().text(), "cannot pause: "));
}

TEST_CASE("While anything is paused, something waits for a shutdown") {
    Scene scene;
    arrange(scene);
    must(operations::pause(scene.context(), {"base", "clock"}));
    must(operations::resume(scene.context(), {"base"}));
    CHECK(scene.active("update-agent-thaw.service"));
    must(operations::resume(scene.context(), {"clock"}));
    CHECK_FALSE(scene.active("update-agent-thaw.service"));
}

TEST_CASE("A shutdown that is announced lets all run on, and waits for it") {
    Scene scene;
    arrange(scene);
    must(operations::pause(scene.context(), {"base", "clock"}));
    scene.services.log.clear();
    const auto begin = scene.machine.since_boot;
    scene.cancelled = [&] { return scene.machine.since_boot > begin; };
    must(operations::resume_at_shutdown(scene.context()));
    CHECK(scene.services.log == Lines{"inhibit shutdown", "thaw broker.service",
                                      "thaw bridge.service", "thaw ticker.service",
                                      "allow shutdown"});
    CHECK(scene.progress.warnings.empty());
}

TEST_CASE("Where nobody announces a shutdown that is told once, and tried again") {
    Scene scene;
    arrange(scene);
    must(operations::pause(scene.context(), {"base"}));
    unsigned waits = 0;
    scene.cancelled = [&] { return ++waits > 3; };
    scene.faults.fail_from(1);
    must(operations::resume_at_shutdown(scene.context()));
    CHECK(frozen(scene, "broker.service"));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings.front(), "no shutdown is announced here"));
}

TEST_CASE("What systemd did not stop because it is paused may still write") {
    Scene scene;
    arrange(scene);
    must(operations::pause(scene.context(), {"ticker"}));
    must(operations::write_engine_stamp(scene.context()));
    CHECK_FALSE(store::stamp_matches(scene.graph_root(), 1));
    must(operations::resume(scene.context(), {"ticker"}));
    must(operations::write_engine_stamp(scene.context()));
    CHECK(store::stamp_matches(scene.graph_root(), 1));
}

TEST_CASE("A machine that goes down lets all run on, though an operation holds the lock") {
    Scene scene;
    arrange(scene);
    must(operations::pause(scene.context(), {"base", "clock"}));
    const auto lock = must(store::Lock::acquire(scene.paths(), "install"));
    must(operations::resume_all(scene.context()));
    for (const auto* unit : {"broker.service", "bridge.service", "ticker.service"}) {
        INFO(unit);
        CHECK_FALSE(frozen(scene, unit));
        CHECK(scene.active(unit));
    }
}

TEST_CASE("Whatever stops a paused container lets it run on first") {
    struct Row {
        std::string what;
        std::function<void(Scene&)> act;
        bool up_afterwards;
    };
    const std::vector<Row> rows = {
        {"stop of the container", [](Scene& s) { must(operations::stop(s.context(), {"bridge"})); },
         false},
        {"stop of what it is bound to",
         [](Scene& s) { must(operations::stop(s.context(), {"broker"})); }, false},
        {"stop of its bundle", [](Scene& s) { must(operations::stop(s.context(), {"base"})); },
         false},
        {"restart of the container",
         [](Scene& s) { must(operations::restart(s.context(), {"bridge"})); }, true},
        {"restart of what it is bound to",
         [](Scene& s) { must(operations::restart(s.context(), {"broker"})); }, true},
        {"update of what it is bound to", [](Scene& s) { must(s.install({newer_base()})); }, true},
        {"removal",
         [](Scene& s) {
             must(s.remove({"view", "base"}));
         },
         false},
        {"rollback of an update",
         [](Scene& s) {
             must(s.install({newer_base()}));
             must(operations::pause(s.context(), {"bridge"}));
             operations::ChangeRequest request{
                 .operation = "rollback", .install = {}, .remove = {}};
             request.restore = operations::Restore{};
             must(operations::change(s.context(), request));
         },
         true},
    };
    for (const auto& row : rows) {
        INFO(row.what);
        Scene scene;
        arrange(scene);
        must(operations::pause(scene.context(), {"bridge", "ticker"}));
        row.act(scene);
        CHECK_FALSE(frozen(scene, "bridge.service"));
        CHECK(scene.active("bridge.service") == row.up_afterwards);
        // What has nothing to do with it stays paused, where it is still there.
        CHECK(frozen(scene, "ticker.service") == scene.active("ticker.service"));
    }
}

TEST_CASE("A paused container is judged as one that runs, and is left paused") {
    Scene scene;
    scene.have({bundles().base, bundles().clock});
    must(operations::pause(scene.context(), {"ticker", "broker"}));
    must(scene.install({bundles().view}));
    CHECK(frozen(scene, "ticker.service"));
    CHECK(frozen(scene, "broker.service"));
    CHECK(condition(scene, "view") == operations::Condition::running);
}

TEST_CASE("An update that is taken back leaves nothing frozen of what it restarted") {
    Scene scene;
    arrange(scene);
    must(operations::pause(scene.context(), {"base", "clock"}));
    scene.progress.at_step = [&](const std::string& what) {
        if (what == "switching to generation 2") scene.services.never_ready = {"broker.service"};
        if (what == "undoing: switching to generation 2") scene.services.never_ready.clear();
    };
    const auto result = scene.install({newer_base()});
    REQUIRE_FALSE(result);
    CHECK(has(result.error().text(), "the old set is running again"));
    CHECK(scene.active("broker.service"));
    CHECK_FALSE(frozen(scene, "broker.service"));
    CHECK_FALSE(frozen(scene, "bridge.service"));
    CHECK(frozen(scene, "ticker.service"));
}
