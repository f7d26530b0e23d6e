// SPDX-License-Identifier: GPL-3.0-or-later
// A set that was installed where nothing runs is judged once it does.
#include "agent/operations/confirm.hpp"
#include "agent/operations/recover.hpp"
#include "agent/operations/startup.hpp"
#include "agent/store/floors.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/history.hpp"
#include "agent/store/journal.hpp"
#include "tests/unit/operations/journal_cases.hpp"

using namespace test;

namespace {

/// As an image of a machine is built: the engine has nothing yet.
void built(Scene& scene) {
    must(operations::change(
        scene.context(true),
        {.operation = "install", .install = {bundles().base, bundles().view}, .remove = {}}));
    REQUIRE_FALSE(must(store::Generations(scene.paths()).read_state(1)).confirmed);
}

bool confirmed(const Scene& scene) {
    const store::Generations generations(scene.paths());
    return must(generations.read_state(must(generations.current()))).confirmed;
}

}  // namespace

TEST_CASE("A set that was installed offline is confirmed at its first boot") {
    Scene scene;
    built(scene);
    boot(scene);
    CHECK(scene.active("panel.service"));
    CHECK(confirmed(scene));
    CHECK_FALSE(store::has_journal(scene.paths()));
    CHECK(must(store::read_floors(scene.paths())).size() == 2);
    const auto entry = must(store::read_history(scene.paths())).back();
    CHECK(entry.operation == "confirm");
    CHECK(entry.bundles == std::vector<std::string>{"base 1.0.0", "view 2.1.0"});
    CHECK(entry.generation_before == entry.generation_after);

    // Once is enough.
    boot(scene);
    CHECK(must(store::read_history(scene.paths())).back() == entry);
}

TEST_CASE("One that does not become healthy stays, and is judged again at the next boot") {
    Scene scene;
    built(scene);
    scene.services.never_ready = {"bridge.service"};
    ++scene.machine.boots;
    scene.services.boot();
    must(operations::startup(scene.context()));
    must(scene.services.start({"installed-bundles.target"}, {}));
    const auto result = operations::confirm(scene.context());
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(has(result.error().text(), "bridge.service"));
    CHECK_FALSE(has(result.error().text(), "undone"));
    CHECK(scene.installed().bundles.size() == 2);
    CHECK_FALSE(confirmed(scene));
    CHECK_FALSE(store::has_journal(scene.paths()));

    scene.services.never_ready.clear();
    boot(scene);
    CHECK(confirmed(scene));
}

TEST_CASE("One that does not become healthy is left for the last that was confirmed") {
    Scene scene;
    scene.have({bundles().base});
    must(operations::change(scene.context(true),
                            {.operation = "install", .install = {bundles().view}, .remove = {}}));
    scene.services.never_ready = {"panel.service"};
    ++scene.machine.boots;
    scene.services.boot();
    must(operations::startup(scene.context()));
    must(scene.services.start({"installed-bundles.target"}, {}));
    REQUIRE(scene.active("broker.service"));
    const auto result = operations::confirm(scene.context());
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(has(result.error().text(), "panel.service"));
    CHECK(has(result.error().text(), "the set of generation 1 was put back"));
    CHECK(scene.installed().bundles.size() == 1);
    CHECK(confirmed(scene));
    CHECK(scene.active("broker.service"));
    CHECK_FALSE(store::has_journal(scene.paths()));
}

TEST_CASE("Judging is told as such, because nothing was interrupted") {
    using How = operations::Settled::How;
    const model::Error unhealthy{ErrorCode::unhealthy, "did not become healthy"};
    operations::Settled settled{.info = {}, .how = How::finished, .failure = {}};
    settled.info.operation = "confirm";
    settled.info.bundles = {"base 1.0.0", "view 2.1.0"};
    CHECK(to_string(settled) == "the set of base 1.0.0, view 2.1.0 was confirmed");
    settled.how = How::to_be_confirmed;
    CHECK(to_string(settled) ==
          "the set of base 1.0.0, view 2.1.0 is to be confirmed once its bundles run");
    settled.how = How::undone;
    settled.failure = unhealthy;
    CHECK(to_string(settled) ==
          "the set of base 1.0.0, view 2.1.0 stays, and was not confirmed: did not become healthy");
}

TEST_CASE("A judgement that a power cut came before is made at the next boot, by whoever asks") {
    Scene scene;
    built(scene);
    ++scene.machine.boots;
    scene.services.boot();
    must(operations::startup(scene.context()));
    REQUIRE(store::has_journal(scene.paths()));
    ++scene.machine.boots;
    scene.services.boot();
    const auto left = must(operations::recover(scene.context())).value();
    CHECK(left.info.operation == operations::kConfirmOperation);
    CHECK(left.how == operations::Settled::How::to_be_confirmed);
    must(operations::startup(scene.context()));
    must(scene.services.start({"installed-bundles.target"}, {}));
    const auto settled = must(operations::recover(scene.context())).value();
    CHECK(to_string(settled) == "the set of base 1.0.0, view 2.1.0 was confirmed");
    CHECK(confirmed(scene));
}

TEST_CASE("What is confirmed or interrupted is left to those who know of it") {
    Scene scene;
    scene.have({bundles().base});
    must(operations::startup(scene.context()));
    CHECK_FALSE(store::has_journal(scene.paths()));

    Scene empty;
    empty.initialise();
    must(operations::startup(empty.context()));
    CHECK_FALSE(store::has_journal(empty.paths()));
}
