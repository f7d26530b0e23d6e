// SPDX-License-Identifier: GPL-3.0-or-later
// What an operation holds while it runs: the lock, also in the engine's calls, and shutdowns.
#include <algorithm>

#include "agent/operations/confirm.hpp"
#include "agent/operations/operation_lock.hpp"
#include "agent/operations/recover.hpp"
#include "agent/store/journal.hpp"
#include "tests/unit/operations/journal_cases.hpp"

using namespace test;

namespace {

using Seen = std::vector<std::pair<std::string, unsigned>>;

/// How many kept the machine from being shut down at each step.
Seen inhibitions_of(Scene& scene, const std::function<void()>& act) {
    Seen seen;
    scene.progress.at_step = [&](const std::string& what) {
        seen.emplace_back(what, scene.services.inhibitions);
    };
    act();
    scene.progress.at_step = [](const std::string&) {};
    CHECK(scene.services.inhibitions == 0);
    return seen;
}

/// From the step that begins so, each one holds it; before it, none does.
void check_held_from(const Seen& seen, const std::string& first) {
    bool held = false;
    for (const auto& [what, count] : seen) {
        INFO(what);
        held |= what.starts_with(first);
        CHECK(count == (held ? 1U : 0U));
    }
    CHECK(held);
    REQUIRE_FALSE(seen.empty());
    CHECK((first.empty() || !seen.front().first.starts_with(first)));
}

/// An update of the base, by an agent that does nothing any more from that step on.
void cut_update_at(Scene& scene, const std::string& step) {
    scene.have({bundles().base});
    scene.faults.dead = [] { return Faults::further_call(); };
    bool cut = false;
    scene.progress.at_step = [&](const std::string& what) {
        if (!cut && what.starts_with(step)) Faults::die_at(1);
        cut |= what.starts_with(step);
    };
    CHECK_FALSE(scene.install({newer_base()}));
    scene.progress = {};
    scene.faults.dead = [] { return false; };
    Faults::disarm();
    REQUIRE(store::has_journal(scene.paths()));
}

bool holds_lock(const Scene& scene) {
    const auto link = "/proc/self/fd/" + std::to_string(scene.engine.kept_open);
    return scene.engine.kept_open >= 0 &&
           std::filesystem::read_symlink(link) == scene.paths().lock();
}

}  // namespace

TEST_CASE("A shutdown waits from the first thing that is stopped to the last that is judged") {
    Scene scene;
    scene.have({bundles().base, bundles().view, bundles().clock});
    check_held_from(inhibitions_of(scene, [&] { must(scene.install({newer_base()})); }),
                    "switching to");
    check_held_from(inhibitions_of(scene, [&] { must(scene.remove({"view"})); }), "stopping");
}

TEST_CASE("A shutdown waits for the way back, too") {
    Scene scene;
    scene.have({bundles().base});
    scene.services.never_ready = {"ticker.service"};
    const auto seen = inhibitions_of(scene, [&] { CHECK_FALSE(scene.install({bundles().clock})); });
    check_held_from(seen, "switching to");
    CHECK(std::any_of(seen.begin(), seen.end(), [](const auto& each) {
        return each.first.starts_with("undoing: switching");
    }));
}

TEST_CASE("Nothing keeps a shutdown from what nobody can notice") {
    Scene scene;
    scene.have({bundles().base});
    scene.cancelled = [&] { return has(scene.progress.steps.back(), "writing generation"); };
    for (const auto& [what, count] :
         inhibitions_of(scene, [&] { CHECK_FALSE(scene.install({bundles().clock})); })) {
        INFO(what);
        CHECK(count == 0);
    }
    CHECK(has(scene.progress.steps.back(), "undoing: "));
    scene.cancelled = [] { return false; };
    Scene offline;
    for (const auto& [what, count] : inhibitions_of(offline, [&] {
             must(operations::change(
                 offline.context(true),
                 {.operation = "install", .install = {bundles().clock}, .remove = {}}));
         }))
        CHECK(count == 0);
}

TEST_CASE("A shutdown waits for recovery on and back, where what runs can notice it") {
    struct Row {
        const char* died_at;
        unsigned held;
        std::size_t steps;
    };
    for (const auto& [died_at, held, steps] : std::vector<Row>{
             {"creating container", 0, 2}, {"switching to", 1, 6}, {"watching", 1, 2}}) {
        INFO(died_at);
        Scene scene;
        cut_update_at(scene, died_at);
        const auto seen =
            inhibitions_of(scene, [&] { must(operations::recover(scene.context())); });
        CHECK(seen.size() == steps);
        for (const auto& [what, count] : seen) {
            INFO(what);
            CHECK(count == held);
        }
    }
}

TEST_CASE("While the machine boots nothing keeps a shutdown from recovery") {
    Scene scene;
    cut_update_at(scene, "watching");
    const auto boot_again = [&] {
        ++scene.machine.boots;
        scene.services.boot();
        must(operations::recover(scene.context()));
    };
    for (unsigned boots = 0; boots < 3; ++boots)
        boot_again();
    const auto seen = inhibitions_of(scene, boot_again);
    CHECK(seen.size() == 8);
    for (const auto& [what, count] : seen) {
        INFO(what);
        CHECK(count == 0);
    }
}

TEST_CASE("Calls of the engine hold the lock of the operation, and nothing after it") {
    Scene scene;
    scene.initialise();
    unsigned steps = 0;
    scene.progress.at_step = [&](const std::string& what) {
        INFO(what);
        CHECK(holds_lock(scene));
        ++steps;
    };
    CHECK(scene.engine.kept_open == -1);
    must(scene.install({bundles().base}));
    CHECK(scene.engine.kept_open == -1);
    must(scene.remove({"base"}));
    CHECK(scene.engine.kept_open == -1);
    CHECK(steps > 15);
    must(operations::recover(scene.context()));
    must(operations::confirm(scene.context()));
    CHECK(scene.engine.kept_open == -1);
}

TEST_CASE("The lock that is given to the engine is taken back once, by whoever has it last") {
    Scene scene;
    scene.initialise();
    {
        auto lock = must(operations::OperationLock::acquire(scene.context(), "install"));
        CHECK(holds_lock(scene));
        {
            const auto moved = std::move(lock);
            CHECK(holds_lock(scene));
        }
        CHECK(scene.engine.kept_open == -1);
        scene.engine.kept_open = 77;
    }
    CHECK(scene.engine.kept_open == 77);
}

TEST_CASE("While another operation holds the lock, recovery is busy, and a confirmation is its") {
    Scene scene;
    scene.have({bundles().base});
    const auto held = must(store::Lock::acquire(scene.paths(), "install"));
    const auto recovered = operations::recover(scene.context());
    REQUIRE_FALSE(recovered);
    CHECK(recovered.error().code() == ErrorCode::busy);
    CHECK_FALSE(must(operations::confirm(scene.context())));
    CHECK(scene.engine.kept_open == -1);
}
