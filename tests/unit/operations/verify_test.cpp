// SPDX-License-Identifier: GPL-3.0-or-later
// Verifying and repairing as a whole; what is looked at is tested beside each look.
#include "agent/operations/verify.hpp"

#include "agent/store/generations.hpp"
#include "agent/store/history.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/operations/verify_cases.hpp"

using namespace test;
namespace fs = std::filesystem;
using Kind = operations::Defect::Kind;

namespace {

std::vector<Damage> all_damages() {
    std::vector<Damage> all;
    for (const auto* each : {&damaged_sets(), &damaged_units(), &damaged_engines(),
                             &damaged_kept_bundles(), &leftovers()})
        all.insert(all.end(), each->begin(), each->end());
    return all;
}

}  // namespace

TEST_CASE("Nothing is wrong with a machine on which all is well, and looking takes no lock") {
    Well well;
    const auto before = well.snapshot();
    const auto lock = must(store::Lock::acquire(well.paths(), "install"));
    const auto found = well.verify();
    INFO(told(found));
    CHECK(found.defects.empty());
    CHECK(found.left() == 0);
    CHECK(found.generation == 1);
    CHECK(difference(before, well.snapshot()).empty());
}

TEST_CASE("A repair of nothing changes nothing, and is not in the history") {
    Well well;
    const auto before = well.snapshot();
    const auto entries = must(store::read_history(well.paths())).size();
    CHECK(well.verify(true).defects.empty());
    CHECK(difference(before, well.snapshot()).empty());
    CHECK(must(store::read_history(well.paths())).size() == entries);
}

TEST_CASE("With nothing installed nothing is wrong") {
    Scene scene;
    scene.initialise();
    for (const bool offline : {false, true})
        CHECK(must(operations::verify(scene.context(offline), false)).defects.empty());
    const Scene untouched;
    CHECK(must(operations::verify(Scene().context(), false)).defects.empty());
}

TEST_CASE("Many things at once are all found, and all but what is lost is repaired") {
    Well well;
    for (const auto& each : all_damages())
        if (each.repairable && each.kind != Kind::set && each.kind != Kind::loaded &&
            !has(each.says, "kind of file"))
            if (!has(each.subject, "wants") && each.subject != "broker.service" &&
                each.says != "are missing")
                each.damage(well);
    fs::remove(well.kept() / "images/index.json");
    const auto running = invocations(well);
    const auto done = well.verify(true);
    INFO(told(done));
    CHECK(done.left() == 1);
    CHECK(done.generation == 2);
    CHECK(done.defects.size() > 10);
    CHECK(invocations(well) == running);
    const auto again = well.verify();
    REQUIRE(again.defects.size() == 1);
    CHECK(again.defects.front().subject == "base_1.0.0/images/index.json");
    CHECK(has(again.defects.front().advice,
              "tar -xf FILE -C " + well.kept().string() + " images/index.json"));
}

TEST_CASE("Beside an interrupted operation that cannot be settled nothing is touched") {
    Well well;
    write_text(well.paths().transaction() / "journal", "of no record the checksum\n");
    for (const auto& each : leftovers())
        each.damage(well);
    const auto before = well.snapshot();
    const auto done = well.verify(true);
    INFO(told(done));
    CHECK(done.defects.front().kind == Kind::transaction);
    CHECK(done.defects.front().advice == "update-agent recover");
    CHECK(done.left() == done.defects.size());
    for (const auto& defect : done.defects)
        if (defect.repairable) CHECK(has(defect.advice, "update-agent recover"));
    CHECK(difference(before, well.snapshot()).empty());
}

TEST_CASE("A repair is alone, and an engine that does not answer is an error") {
    Well well;
    {
        const auto lock = must(store::Lock::acquire(well.paths(), "install"));
        const auto refused = operations::verify(well.context(), true);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == ErrorCode::busy);
    }
    well.cancelled = [] { return true; };
    const auto cancelled = operations::verify(well.context(), false);
    REQUIRE_FALSE(cancelled);
    CHECK(cancelled.error().code() == ErrorCode::busy);
    well.faults.fail_from(1);
    CHECK_FALSE(operations::verify(well.context(), false));
}

TEST_CASE("A repair that fails is left, its reason a warning, and the rest goes on") {
    Well well;
    well.engine.made.erase(well.podman_name("panel"));
    write_text(well.paths().bundles() / ".new-x", "");
    well.progress.at_step = [&well](const std::string& step) {
        if (has(step, "creating container panel")) well.faults.fail_at(1, CallFaults::Kind::before);
    };
    const auto done = well.verify(true);
    INFO(told(done));
    REQUIRE(done.left() == 1);
    CHECK(done.defects.back().kind == Kind::container);
    CHECK(has(done.defects.back().advice, "warnings"));
    REQUIRE(well.progress.warnings.size() == 1);
    CHECK(has(well.progress.warnings[0], "engine.create"));
    CHECK(tells(done, Kind::leftover, ".new-x", "interrupted"));
}

TEST_CASE("A repair is in the history, with what was repaired") {
    Well well;
    fs::remove(well.unit("broker.service"));
    CHECK(well.verify(true).left() == 0);
    const auto entry = must(store::read_history(well.paths())).back();
    CHECK(entry.operation == "verify --repair");
    CHECK(entry.outcome == "done");
    CHECK(entry.generation_before == 1);
    CHECK(entry.generation_after == 2);
    REQUIRE_FALSE(entry.notes.empty());
    CHECK(entry.notes.front() == "repaired: broker.service is missing");
}

TEST_CASE("Offline nobody is asked, and what is below the root is repaired") {
    Well well;
    CHECK(well.verify(false, true).defects.empty());
    fs::remove(well.unit("broker.service"));
    write_text(well.paths().bundles() / "old_1.0.0/manifest", "");
    write_text(well.kept() / "manifest", "x");
    well.engine.made.clear();
    well.faults.forget_calls();
    const auto done = well.verify(true, true);
    INFO(told(done));
    CHECK(done.defects.size() == 3);
    CHECK(done.left() == 0);
    CHECK(done.generation == 2);
    for (const auto& call : well.faults.calls())
        CHECK(call.starts_with("machine."));
    CHECK(well.engine.made.empty());
}
