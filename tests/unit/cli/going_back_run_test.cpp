// SPDX-License-Identifier: GPL-3.0-or-later
// rollback, recover and confirm from their words to what they print, and --retry on its way.
#include <nlohmann/json.hpp>

#include "agent/operations/transaction_state.hpp"
#include "agent/planning/set_digest.hpp"
#include "agent/store/failed_sets.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/journal.hpp"
#include "tests/unit/cli/running.hpp"

using namespace test;

namespace {

using Json = nlohmann::json;

/// Generation 1 has base and view, generation 2 the base alone.
void removed_view(Scene& scene) {
    REQUIRE(run(scene, {"install", bundles().base, bundles().view}).status == 0);
    REQUIRE(run(scene, {"remove", "view"}).status == 0);
}

void fails(const Scene& scene, const model::InstalledSet& set) {
    must(store::remember_failed_set(scene.paths(), {.digest = agent::planning::set_digest(set),
                                                    .time = {},
                                                    .reason = "broker.service: failed"}));
}

/// As the agent leaves it that is killed while it does the first of these effects.
void interrupted(const Scene& scene, const std::string& operation,
                 const std::vector<operations::Effect>& effects) {
    operations::TransactionInfo info;
    info.id = "t-1";
    info.operation = operation;
    info.bundles = {"clock 0.1.0"};
    info.offline = true;
    info.set = agent::planning::set_digest(scene.installed());
    info.from = info.to = must(store::Generations(scene.paths()).current());
    auto journal =
        must(store::Journal::begin(scene.paths(), operations::begin_record(info, effects)));
    must(journal.append(operations::doing_record(0)));
    must(journal.sync());
}

Json interrupted_of(const Ended& ended) {
    CHECK(ended.status == 0);
    CHECK(ended.err.empty());
    return Json::parse(ended.out).at("interrupted");
}

}  // namespace

TEST_CASE("A rollback puts back the set before, or that of the generation that is named") {
    Scene scene;
    removed_view(scene);
    const auto would = run(scene, {"rollback", "--dry-run"});
    CHECK(would.status == 0);
    CHECK(would.out.starts_with("would put back generation 1\nwould install  view 2.1.0"));
    CHECK(scene.installed().generation == 2);
    CHECK(Json::parse(run(scene, {"rollback", "1", "--dry-run", "--json"}).out).at("restored") ==
          1);

    const auto back = run(scene, {"rollback"});
    CHECK(back.status == 0);
    CHECK(back.out.starts_with("put back generation 1\ninstalled  view 2.1.0  ("));
    CHECK(back.out.ends_with("B)\ngeneration 3 is current\n"));
    CHECK(scene.installed().bundles.size() == 2);

    const auto named = Json::parse(run(scene, {"rollback", "2", "--json"}).out);
    CHECK(named.at("restored") == 2);
    CHECK(named.at("removed") == Json{"view"});
    CHECK(run(scene, {"rollback", "4"}).out == "nothing to do\n");
}

TEST_CASE("A generation that is not kept ends a rollback with 6, and the kept ones are named") {
    Scene scene;
    removed_view(scene);
    const auto ended = run(scene, {"rollback", "9"});
    CHECK(ended.status == 6);
    CHECK(ended.out.empty());
    CHECK(has(ended.err, "generation 9 is not kept; kept are 1,"));
    CHECK(run(scene, {"rollback", "x"}).status == 2);
    CHECK(scene.installed().generation == 2);
}

TEST_CASE("A set that failed before is refused, and with --retry it is made") {
    Scene made;
    removed_view(made);
    const store::Generations generations(made.paths());
    const auto both = must(generations.read_set(1));
    const auto alone = must(generations.read_set(2));
    struct Case {
        Words words;
        model::InstalledSet set;
    };
    const std::vector<Case> cases = {
        {{"install", bundles().base, bundles().view}, both},
        {{"remove", "view"}, alone},
        {{"rollback"}, both},
    };
    Scene scene;
    scene.initialise();
    for (const auto& each : cases) {
        INFO(each.words.front());
        fails(scene, each.set);
        const auto before = must(store::Generations(scene.paths()).current());
        for (const auto& words : {each.words, with(each.words, "--dry-run")}) {
            const auto refused = run(scene, words);
            CHECK(refused.status == 5);
            CHECK(has(refused.err, "broker.service: failed"));
            CHECK(has(refused.err, "--retry"));
        }
        CHECK(must(store::Generations(scene.paths()).current()) == before);
        CHECK(run(scene, with(each.words, "--retry")).status == 0);
        CHECK(scene.installed().bundles == each.set.bundles);
    }
}

TEST_CASE("Recovering says what became of what was interrupted, and that nothing was") {
    Scene scene;
    REQUIRE(run(scene, {"install", bundles().base}).status == 0);
    operations::WriteGeneration write;
    write.generation.info.number = 9;
    operations::Activate activate;
    activate.from = 1;
    activate.to = 9;
    const operations::NoteState note{.generation = 1, .state = {.confirmed = true}};
    struct Case {
        const char* command;
        const char* operation;
        std::vector<operations::Effect> effects;
        std::string text;
        const char* settled;
    };
    const std::string undone =
        "the interrupted install of clock 0.1.0 was undone: it was interrupted";
    const std::string judged = "the set of clock 0.1.0 was confirmed";
    const std::vector<Case> cases = {
        {"recover", "install", {write, activate}, undone, "undone"},
        {"recover", "confirm", {note}, judged, "finished"},
        {"confirm", "confirm", {note}, judged, "finished"},
    };
    for (const auto& each : cases) {
        INFO(each.command << ", " << each.operation);
        interrupted(scene, each.operation, each.effects);
        const auto text = run(scene, {each.command});
        INFO(text.out << text.err);
        CHECK(text.status == 0);
        CHECK(text.err.empty());
        CHECK(text.out.starts_with(each.text));

        interrupted(scene, each.operation, each.effects);
        const auto json = interrupted_of(run(scene, {each.command, "--json"}));
        CHECK(json.at("settled") == each.settled);
        CHECK(json.at("operation") == each.operation);
        CHECK(run(scene, {each.command}).out == "nothing to recover\n");
        CHECK(interrupted_of(run(scene, {each.command, "--json"})).is_null());
    }
    // Whoever judges has something to tell of a set that he could not keep.
    interrupted(scene, "install", {write, activate});
    const auto left = run(scene, {"confirm"});
    CHECK(left.status == 1);
    CHECK(left.out.empty());
    CHECK(left.err.starts_with("update-agent: it was interrupted"));
    CHECK(scene.installed().generation == 1);
}
