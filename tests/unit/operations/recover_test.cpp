// SPDX-License-Identifier: GPL-3.0-or-later
// What becomes of an operation that was interrupted. kill_test.cpp interrupts at every call; here
// it is what is told, noted and counted.
#include "agent/operations/recover.hpp"
#include "agent/operations/confirm.hpp"

#include <algorithm>

#include "agent/operations/startup.hpp"
#include "agent/store/failed_sets.hpp"
#include "agent/store/floors.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/history.hpp"
#include "agent/store/journal.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/operations/journal_cases.hpp"

using namespace test;
using How = operations::Settled::How;

namespace {

/// The agent does nothing any more from that step on; what it returned nobody learned.
template <typename Act>
void cut_at(Scene& scene, const std::string& step, const Act& act) {
    bool cut = false;
    scene.faults.dead = [] { return Faults::further_call(); };
    scene.progress.at_step = [&](const std::string& what) {
        if (cut || !what.starts_with(step)) return;
        cut = true;
        Faults::die_at(1);
    };
    act();
    scene.progress = {};
    scene.faults.dead = [] { return false; };
    Faults::disarm();
    INFO(step);
    REQUIRE(cut);
    REQUIRE(store::has_journal(scene.paths()));
}

/// Generation 1 with all bundles, and an update of the base to generation 2 that was cut there.
void cut_update_at(Scene& scene, const std::string& step) {
    scene.have({bundles().base, bundles().view, bundles().clock});
    cut_at(scene, step, [&] { CHECK_FALSE(scene.install({newer_base()})); });
}

void cut_after_switch(Scene& scene) {
    cut_update_at(scene, "watching the health");
}

/// Nothing of the set is started yet.
Result<std::optional<operations::Settled>> boot_and_recover(Scene& scene) {
    ++scene.machine.boots;
    scene.services.boot();
    return operations::recover(scene.context());
}

void start_all(Scene& scene) {
    must(operations::startup(scene.context()));
    must(scene.services.start({"installed-bundles.target"}, {}));
}

unsigned current(const Scene& scene) {
    return must(store::Generations(scene.paths()).current());
}

std::string base_floor(const Scene& scene) {
    return must(store::read_floors(scene.paths())).at(*model::BundleId::parse("base")).to_string();
}

std::vector<store::HistoryEntry> entries_of(const Scene& scene, const std::string& transaction) {
    auto entries = must(store::read_history(scene.paths()));
    entries.erase(
        std::remove_if(entries.begin(), entries.end(),
                       [&](const auto& entry) { return entry.transaction != transaction; }),
        entries.end());
    return entries;
}

operations::TransactionInfo unsettled(const Scene& scene) {
    return must(operations::replay(must(store::read_journal(scene.paths())).value())).info;
}

std::string podman_name(const model::InstalledSet& set, const std::string& container) {
    for (const auto& each : set.owner_of(*model::ContainerName::parse(container))->containers)
        if (each.name.value() == container) return each.podman_name;
    return {};
}

}  // namespace

TEST_CASE("Where nothing was interrupted there is nothing to settle, and nothing changes") {
    Scene scene;
    scene.have({bundles().base});
    const auto before = scene.snapshot();
    CHECK_FALSE(must(operations::recover(scene.context())));
    CHECK_FALSE(must(operations::confirm(scene.context())));
    CHECK_FALSE(must(boot_and_recover(scene)));
    CHECK(scene.snapshot().files == before.files);
    CHECK(scene.progress.warnings.empty());
}

TEST_CASE("A set that was switched to before a boot is confirmed once it runs") {
    Scene scene;
    cut_after_switch(scene);
    const auto info = unsettled(scene);
    const auto recovered = must(boot_and_recover(scene));
    REQUIRE(recovered);
    CHECK(recovered->how == How::to_be_confirmed);
    CHECK(recovered->info == info);
    // Going back may have to do without room on the disk.
    CHECK(std::filesystem::is_symlink(scene.paths().operation() / ".new-way-back"));
    CHECK(to_string(*recovered) ==
          "the interrupted install of base 1.1.0 is to be confirmed once its bundles run");
    const store::Generations generations(scene.paths());
    CHECK(must(generations.read_state(2)) ==
          store::GenerationState{.confirmed = false, .boots = 1});
    CHECK(base_floor(scene) == "1.0.0");
    CHECK(entries_of(scene, info.id).empty());

    start_all(scene);
    const auto confirmed = must(operations::confirm(scene.context()));
    REQUIRE(confirmed);
    CHECK(confirmed->how == How::finished);
    CHECK_FALSE(confirmed->failure);
    CHECK(must(generations.current()) == 2);
    CHECK(must(generations.read_state(2)).confirmed);
    CHECK(base_floor(scene) == "1.1.0");
    CHECK_FALSE(store::has_journal(scene.paths()));
    CHECK(must(store::read_failed_sets(scene.paths())).empty());
    const auto entries = entries_of(scene, info.id);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].outcome == "done");
    CHECK(entries[0].generation_before == 1);
    CHECK(entries[0].generation_after == 2);
    CHECK_FALSE(must(operations::confirm(scene.context())));
}

TEST_CASE("A set that does not become healthy after a boot is left, and remembered") {
    Scene scene;
    cut_after_switch(scene);
    const auto info = unsettled(scene);
    scene.services.never_ready_containers = {podman_name(scene.installed(), "broker")};
    must(boot_and_recover(scene));
    start_all(scene);
    const auto confirmed = operations::confirm(scene.context());
    REQUIRE_FALSE(confirmed);
    CHECK(confirmed.error().code() == ErrorCode::unhealthy);
    CHECK(has(confirmed.error().text(), "broker.service"));
    CHECK(has(confirmed.error().text(), "the old set is running again"));
    CHECK(current(scene) == 1);
    CHECK_FALSE(store::has_journal(scene.paths()));
    for (const auto* unit :
         {"broker.service", "bridge.service", "panel.service", "ticker.service"}) {
        INFO(unit);
        CHECK(scene.active(unit));
    }
    CHECK(scene.engine.made.at(podman_name(scene.installed(), "broker")).state == "running");
    const auto failed = must(store::read_failed_sets(scene.paths()));
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].digest == info.set);
    CHECK(has(failed[0].reason, "broker.service"));
    CHECK(base_floor(scene) == "1.0.0");
    REQUIRE(entries_of(scene, info.id).size() == 1);
    CHECK(entries_of(scene, info.id)[0].exit_code == 8);
    // It is not tried again unless somebody insists.
    CHECK_FALSE(scene.install({newer_base()}));
    CHECK(current(scene) == 1);
}

TEST_CASE("A set that finds no room after a boot is left, told of, and not remembered as bad") {
    Scene scene;
    cut_after_switch(scene);
    scene.services.never_ready_containers = {podman_name(scene.installed(), "broker")};
    must(boot_and_recover(scene));
    start_all(scene);
    scene.machine.full = true;
    const auto confirmed = operations::confirm(scene.context());
    REQUIRE_FALSE(confirmed);
    CHECK(confirmed.error().code() == ErrorCode::no_space);
    CHECK(has(confirmed.error().text(), "the old set is running again"));
    CHECK(current(scene) == 1);
    CHECK_FALSE(store::has_journal(scene.paths()));
    CHECK(must(store::read_failed_sets(scene.paths())).empty());
    CHECK_FALSE(must(operations::confirm(scene.context())));
}

TEST_CASE("A set that nobody confirmed in three boots is left at the fourth") {
    Scene scene;
    cut_after_switch(scene);
    const store::Generations generations(scene.paths());
    for (unsigned boots = 1; boots <= 3; ++boots) {
        const auto recovered = must(boot_and_recover(scene));
        CHECK(recovered.value().how == How::to_be_confirmed);
        CHECK(must(generations.read_state(2)).boots == boots);
        CHECK(current(scene) == 2);
    }
    const auto recovered = must(boot_and_recover(scene));
    REQUIRE(recovered);
    CHECK(recovered->how == How::undone);
    CHECK(has(to_string(*recovered),
              "the interrupted install of base 1.1.0 was undone: it was not confirmed within 3 "
              "boots"));
    CHECK(current(scene) == 1);
    CHECK_FALSE(store::has_journal(scene.paths()));
    // Nobody saw it run: that says nothing of the set.
    CHECK(must(store::read_failed_sets(scene.paths())).empty());
    CHECK(base_floor(scene) == "1.0.0");
    start_all(scene);
    CHECK(scene.active("broker.service"));
    CHECK(scene.engine.made.at(podman_name(scene.installed(), "broker")).state == "running");
}

TEST_CASE("Recovering by hand once more counts no boot, and judges what runs") {
    Scene scene;
    cut_after_switch(scene);
    for (unsigned boots = 1; boots <= 3; ++boots)
        must(boot_and_recover(scene));
    start_all(scene);
    const auto recovered = must(operations::recover(scene.context()));
    CHECK(recovered.value().how == How::finished);
    CHECK(current(scene) == 2);
    CHECK_FALSE(store::has_journal(scene.paths()));
}

TEST_CASE(
    "While the machine runs, what was interrupted is undone before the switch is done, and "
    "finished after it") {
    struct Row {
        const char* step;
        How how;
    };
    for (const auto& [step, how] : std::vector<Row>{{"unpacking base 1.1.0", How::undone},
                                                    {"creating container broker", How::undone},
                                                    {"syncing the image store", How::undone},
                                                    {"writing generation 2", How::undone},
                                                    {"looking at what runs", How::undone},
                                                    {"switching to generation 2", How::undone},
                                                    {"starting base.target", How::finished},
                                                    {"watching the health", How::finished},
                                                    {"noting the state", How::finished}}) {
        INFO(step);
        Scene scene;
        cut_update_at(scene, step);
        const auto info = unsettled(scene);
        const auto recovered = must(operations::recover(scene.context()));
        REQUIRE(recovered);
        CHECK(recovered->how == how);
        CHECK(current(scene) == (how == How::undone ? 1 : 2));
        CHECK(base_floor(scene) == (how == How::undone ? "1.0.0" : "1.1.0"));
        CHECK_FALSE(store::has_journal(scene.paths()));
        CHECK(scene.active("broker.service"));
        // What nobody could notice leaves no trace.
        CHECK(entries_of(scene, info.id).size() == 1);
        check_no_leftovers(scene);
    }
}

TEST_CASE("The next operation settles an interrupted one, and says so") {
    Scene scene;
    cut_update_at(scene, "creating container");
    const auto broken = scene.snapshot();
    must(scene.remove({"clock"}, true));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings[0], "is settled before this one"));
    CHECK(scene.snapshot() == broken);

    scene.progress.warnings.clear();
    must(scene.remove({"clock"}));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings[0],
              "the interrupted install of base 1.1.0 was undone: it was interrupted"));
    CHECK_FALSE(store::has_journal(scene.paths()));
    CHECK(scene.installed().bundles.size() == 2);
}

TEST_CASE("Hooks are told of an interrupted operation when it is settled") {
    Scene scene;
    cut_update_at(scene, "creating container");
    scene.hooks.calls.clear();
    must(operations::recover(scene.context()));
    REQUIRE(scene.hooks.calls.size() == 1);
    CHECK(scene.hooks.calls.front().first == host::HookPoint::failed);
    CHECK(has(scene.hooks.calls.front().second, R"("operation":"install")"));
    CHECK(has(scene.hooks.calls.front().second, R"("plan":null)"));
}

TEST_CASE("What cannot be undone is tried again by whoever comes next") {
    Scene scene;
    cut_update_at(scene, "looking at what runs");
    const auto made = must(store::Generations(scene.paths()).read_set(2));
    auto& stuck = scene.engine.made.at(podman_name(made, "broker"));
    stuck.state = "running";
    scene.events.all.clear();
    for (const auto& result :
         {operations::recover(scene.context()), operations::recover(scene.context())}) {
        REQUIRE_FALSE(result);
        CHECK(has(result.error().text(), "the container runs: " + stuck.name));
        CHECK(has(result.error().text(), "settling an interrupted operation"));
        CHECK(store::has_journal(scene.paths()));
    }
    CHECK_FALSE(scene.remove({"clock"}));
    CHECK(scene.installed().bundles.size() == 3);
    const auto told = [&](host::Happening what) {
        return std::count_if(scene.events.all.begin(), scene.events.all.end(),
                             [what](const auto& event) { return event.what == what; });
    };
    CHECK(told(host::Happening::resumed) == 3);
    CHECK(told(host::Happening::stuck) == 1);

    stuck.state = "created";
    const auto recovered = must(operations::recover(scene.context()));
    CHECK(recovered.value().how == How::undone);
    CHECK_FALSE(store::has_journal(scene.paths()));
    CHECK(scene.engine.made.count(podman_name(made, "broker")) == 0);
    CHECK(told(host::Happening::undone) == 1);
    must(scene.remove({"clock"}));
}

TEST_CASE("An operation that died while it was concluded is in the history once") {
    const auto& update = mortal_operations()[1];
    Scene arranged;
    update.arrange(arranged);
    const auto ends = ends_of(update, arranged);
    unsigned between = 0;
    for (unsigned n = ends.calls - 50; n <= ends.calls; ++n) {
        INFO("killed at call " << n << " of " << ends.calls);
        Scene scene(arranged);
        dying_at(scene, n, [&] { [[maybe_unused]] const auto unheard = update.run(scene); });
        if (!store::has_journal(scene.paths())) continue;
        const auto info = unsettled(scene);
        between += static_cast<unsigned>(entries_of(scene, info.id).size());
        REQUIRE(must(operations::recover(scene.context())));
        CHECK(entries_of(scene, info.id).size() == 1);
    }
    CHECK(between > 0);
}

TEST_CASE("Units are rendered for a new systemd only once the set is settled") {
    Scene scene;
    cut_after_switch(scene);
    scene.services.systemd_version = 257;
    must(boot_and_recover(scene));
    start_all(scene);
    CHECK(current(scene) == 2);
    must(operations::confirm(scene.context()));
    CHECK(current(scene) == 2);
    must(boot_and_recover(scene));
    start_all(scene);
    CHECK(current(scene) == 3);
    CHECK(must(store::Generations(scene.paths()).read_info(3)).systemd_version == 257);
}

TEST_CASE("Below another root the next command settles what died there, and asks no machine") {
    struct Row {
        const char* step;
        const char* warning;
        std::size_t bundles;
    };
    for (const auto& [step, warning, count] :
         std::vector<Row>{{"unpacking", "was undone", 1},
                          {"writing generation 1", "was undone", 1},
                          {"switching to generation 1", "was undone", 1},
                          {"noting the state", "was finished", 2}}) {
        INFO(step);
        Scene scene;
        const auto install = [&](const std::filesystem::path& file) {
            return operations::change(
                scene.context(true),
                {.operation = "install", .install = {file}, .remove = {}, .dry_run = false});
        };
        cut_at(scene, step, [&] { CHECK_FALSE(install(bundles().base)); });
        must(install(bundles().clock));
        REQUIRE(scene.progress.warnings.size() == 1);
        CHECK(has(scene.progress.warnings[0], warning));
        CHECK(scene.installed().bundles.size() == count);
        CHECK_FALSE(store::has_journal(scene.paths()));
        check_no_leftovers(scene);
        for (const auto& call : scene.faults.calls()) {
            INFO(call);
            CHECK(call.starts_with("machine."));
        }
    }
}

TEST_CASE("A damaged journal keeps anything from being changed, and says what to do") {
    Scene scene;
    cut_after_switch(scene);
    write_text(scene.paths().transaction() / "journal", "0123456789abcdef {}\n");
    const auto before = scene.snapshot();
    for (const auto& error :
         {operations::recover(scene.context()).error(),
          operations::confirm(scene.context()).error(), scene.remove({"clock"}).error()}) {
        CHECK(error.code() == ErrorCode::invalid);
        CHECK(has(error.text(), "look at what is installed with 'update-agent verify'"));
    }
    CHECK(difference(before, scene.snapshot()).empty());
}
