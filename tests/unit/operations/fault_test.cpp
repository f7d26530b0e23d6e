// SPDX-License-Identifier: GPL-3.0-or-later
// A machine on which the n-th call fails, for every n.
#include "agent/store/generations.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

namespace {

using Kind = CallFaults::Kind;

/// An operation, and the machine that it begins on.
struct Operation {
    const char* name;
    std::function<void(Scene&)> arrange;
    std::function<Result<operations::Outcome>(Scene&)> run;
};

const std::vector<Operation>& operations_under_test() {
    static const std::vector<Operation> all = {
        {"the first bundles", [](Scene& scene) { scene.initialise(); },
         [](Scene& scene) {
             return scene.install({bundles().base, bundles().view});
         }},
        {"an add-on",
         [](Scene& scene) {
             scene.have({bundles().base, bundles().clock});
         },
         [](Scene& scene) { return scene.install({bundles().view}); }},
        {"an update",
         [](Scene& scene) {
             scene.have({bundles().base, bundles().view, bundles().clock});
         },
         [](Scene& scene) { return scene.install({newer_base()}); }},
        {"a removal",
         [](Scene& scene) {
             scene.have({bundles().base, bundles().view, bundles().clock});
         },
         [](Scene& scene) {
             return scene.remove({"base", "view"});
         }},
    };
    return all;
}

/// What was stopped and started again is another invocation.
Snapshot without_invocations(Snapshot snapshot) {
    for (auto& [name, unit] : snapshot.running) {
        unit.invocation.clear();
        unit.pid = 0;
    }
    return snapshot;
}

Snapshot after_success(const Operation& operation) {
    Scene scene;
    operation.arrange(scene);
    must(operation.run(scene));
    return without_invocations(scene.snapshot());
}

unsigned calls_of(const Operation& operation) {
    Scene scene;
    operation.arrange(scene);
    const auto before = scene.faults.count();
    must(operation.run(scene));
    return scene.faults.count() - before;
}

/// The set that is current is the one that is loaded, and what runs is of it.
void check_consistent(const Scene& scene) {
    const auto current = must(store::Generations(scene.paths()).current());
    CHECK(scene.services.loaded == must(store::Generations(scene.paths()).read_units(current)));
    for (const auto& [name, unit] : scene.services.noticeable()) {
        INFO(name);
        CHECK((name == "installed-bundles.target" || scene.services.loaded.count(name) != 0));
    }
}

}  // namespace

TEST_CASE("One call that fails leaves the old set, whole, or the new one") {
    for (const auto& operation : operations_under_test()) {
        const auto calls = calls_of(operation);
        const auto done = after_success(operation);
        REQUIRE(calls > 5);
        for (const auto kind : {Kind::before, Kind::after}) {
            for (unsigned n = 1; n <= calls; ++n) {
                Scene scene;
                operation.arrange(scene);
                const auto before = without_invocations(scene.snapshot());
                scene.faults.fail_at(n, kind);
                scene.faults.forget_calls();
                const auto result = operation.run(scene);
                const auto failed = scene.faults.calls().at(n - 1);
                INFO(operation.name << ": " << failed << ", call " << n
                                    << (kind == Kind::before ? " not" : " though") << " done");
                REQUIRE(scene.faults.happened() == 1);
                const auto now = without_invocations(scene.snapshot());
                if (result) {
                    // The new set runs; what is no longer needed is left for the next time. Nobody
                    // who could be asked to hold a shutdown is nothing to warn of.
                    CHECK(scene.progress.warnings.size() ==
                          (failed == "services.inhibit_shutdown" ? 0 : 1));
                    CHECK(now.running == done.running);
                } else {
                    INFO(result.error().text());
                    CHECK(result.error().code() != ErrorCode::rollback_failed);
                    INFO(difference(before, now));
                    CHECK(before == now);
                }
                check_consistent(scene);
                scene.faults.heal();
                if (!result) must(operation.run(scene));
                CHECK(without_invocations(scene.snapshot()).running == done.running);
            }
        }
    }
}

TEST_CASE("Two calls that fail leave the old set, or an error that says that going back failed") {
    unsigned failed_rollbacks = 0;
    for (const auto& operation : operations_under_test()) {
        const auto calls = calls_of(operation);
        const auto done = after_success(operation);
        for (unsigned n = 1; n <= calls; ++n) {
            for (unsigned later = 1 + n % stride(); later <= calls; later += stride()) {
                Scene scene;
                operation.arrange(scene);
                const auto before = without_invocations(scene.snapshot());
                scene.faults.fail_at(n, Kind::before);
                scene.faults.fail_at(n + later, Kind::before);
                const auto result = operation.run(scene);
                if (scene.faults.happened() < 2) break;
                INFO(operation.name << ": calls " << n << " and " << n + later);
                const auto now = without_invocations(scene.snapshot());
                if (result) {
                    CHECK(now.running == done.running);
                } else if (result.error().code() == ErrorCode::rollback_failed) {
                    ++failed_rollbacks;
                    CHECK(has(result.error().text(), "going back failed"));
                } else {
                    // Something may be left over that nobody uses.
                    INFO(result.error().text());
                    CHECK(now.running == before.running);
                    CHECK(now.loaded == before.loaded);
                }
                scene.faults.heal();
                if (!result) must(operation.run(scene));
                CHECK(without_invocations(scene.snapshot()).running == done.running);
            }
        }
    }
    CHECK(failed_rollbacks > 0);
}

TEST_CASE("A machine that is broken from the n-th call on is told of, or as it was") {
    for (const auto& operation : operations_under_test()) {
        const auto calls = calls_of(operation);
        for (unsigned n = 1; n <= calls; ++n) {
            Scene scene;
            operation.arrange(scene);
            const auto before = without_invocations(scene.snapshot());
            scene.faults.fail_from(n);
            const auto result = operation.run(scene);
            INFO(operation.name << ": from call " << n);
            if (result || result.error().code() == ErrorCode::rollback_failed) continue;
            INFO(result.error().text());
            const auto now = without_invocations(scene.snapshot());
            CHECK(now.running == before.running);
            CHECK(now.loaded == before.loaded);
            CHECK(must(store::Generations(scene.paths()).current()) ==
                  (before.running.empty() ? 0 : 1));
        }
    }
}

TEST_CASE("A disk that fails once the new set runs brings the old one back") {
    Scene scene;
    scene.have({bundles().base});
    const auto before = scene.snapshot();
    const auto state = scene.paths().generation_state(2);
    scene.progress.at_step = [&](const std::string& what) {
        // A directory with that name cannot be replaced by a file.
        if (what == "noting the state of generation 2") write_text(state / "in-the-way", "x");
    };
    const auto result = scene.install({bundles().view});
    REQUIRE_FALSE(result);
    CHECK(has(result.error().text(), "noting the state"));
    INFO(difference(before, scene.snapshot()));
    CHECK(before == scene.snapshot());
    check_consistent(scene);
    scene.progress.at_step = [](const std::string&) {};
    must(scene.install({bundles().view}));
}
