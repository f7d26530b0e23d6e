// SPDX-License-Identifier: GPL-3.0-or-later
// What the journal tells of a transaction, and what an interrupted one is settled by.
#include "agent/operations/transaction_state.hpp"

#include <algorithm>
#include <chrono>

#include "agent/model/exit_code.hpp"
#include "agent/operations/effect_record.hpp"
#include "agent/operations/steps.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

using namespace agent;
using namespace agent::operations;
using namespace std::chrono_literals;
using model::ErrorCode;
using Json = nlohmann::ordered_json;
using Records = std::vector<std::string>;

namespace {

model::Sha256 digest(char digit) {
    return model::Sha256::parse(std::string(64, digit)).value();
}

TransactionInfo info() {
    return {.id = "0123456789abcdef",
            .operation = "install",
            .bundles = {"base 1.1.0", "view 2.0.0"},
            .who = "j\xC3\xBCrgen \"the admin\" (0)",
            .began = model::SystemTime{} + 500000h,
            .boot = "boot 1",
            .from = 3,
            .to = 7,
            .set = digest('5'),
            .floors = {{example::id("base"), example::version("1.1.0-rc.1")},
                       {example::id("old"), example::version("1.3.0")}},
            .notes = {"unsigned", "a second\nline"},
            .purge = {"/opt/data/view"}};
}

/// The list of an update of a base that a view needs.
std::vector<Effect> update_effects() {
    using namespace example;
    auto old_base = described("base", "1.0.0", {"broker", "bridge"});
    auto view = described("view", "2.0.0", {"panel"});
    view.requires_bundles = {requirement("base", "*")};
    auto base = described("base", "1.1.0", {"broker", "relay"});
    const auto plan = make_plan(installed_from({candidate(old_base), candidate(view)}),
                                {.add = {candidate(base, '2')}, .remove = {}}, facts())
                          .value();
    const StepInput input{.current_generation = 1,
                          .reason = "install",
                          .time = {},
                          .engine = {},
                          .containers = {},
                          .brought_images = {},
                          .kept = {},
                          .offline = false,
                          .systemd_version = 252};
    return effects_of(plan, input);
}

template <typename T>
std::size_t index_of(const std::vector<Effect>& effects) {
    const auto found = std::find_if(effects.begin(), effects.end(), [](const auto& each) {
        return std::holds_alternative<T>(each);
    });
    REQUIRE(found != effects.end());
    return static_cast<std::size_t>(found - effects.begin());
}

std::string begin() {
    return begin_record(info(), update_effects());
}

}  // namespace

TEST_CASE("What a transaction is about reads back as it began") {
    const auto state = replay({begin()});
    REQUIRE(state);
    CHECK(state->info == info());
    const auto effects = update_effects();
    REQUIRE(state->effects.size() == effects.size());
    for (std::size_t i = 0; i < state->effects.size(); ++i)
        CHECK(effect_record(state->effects[i]) == effect_record(effects[i]));
    CHECK(begin().find('\n') == std::string::npos);
}

TEST_CASE("Bytes that are no UTF-8 do not keep a transaction from being told of") {
    auto odd = info();
    odd.who = "caf\xE9 (0)";
    const auto state =
        replay({begin_record(odd, {}), failure_record({ErrorCode::internal, "\xFF"})});
    REQUIRE(state);
    CHECK(state->info.who == "caf\xEF\xBF\xBD (0)");
    CHECK(state->failure.has_value());
}

TEST_CASE("Records tell how far a transaction came") {
    struct Row {
        Records records;
        std::size_t begun = 0;
        std::size_t done = 0;
        std::set<std::size_t> undone = {};
        unsigned boots = 0;
    };
    const auto all = update_effects().size();
    const std::vector<Row> rows = {
        {{}, 0, 0},
        {{doing_record(0)}, 1, 0},
        {{doing_record(0), done_record(0)}, 1, 1},
        {{doing_record(0), done_record(0), doing_record(1)}, 2, 1},
        // A record that was lost with the power, and the next ones not.
        {{done_record(2)}, 3, 3},
        {{doing_record(4), done_record(3)}, 5, 4},
        {{doing_record(2), done_record(2), doing_record(1), done_record(1)}, 3, 3},
        {{doing_record(3), undone_record(3), undone_record(2)}, 4, 0, {2, 3}},
        {{undone_record(1), undone_record(1)}, 0, 0, {1}},
        {{boot_record()}, 0, 0, {}, 1},
        {{boot_record(), doing_record(0), boot_record(), boot_record()}, 1, 0, {}, 3},
        {{done_record(all - 1)}, all, all},
        {{doing_record(all + 5), done_record(all + 7)}, all, all},
        // Of a later agent that writes the same format.
        {{R"({"rested":true})", doing_record(0), "{}", done_record(0), R"({"was":{"x":[]}})"},
         1,
         1},
    };
    for (const auto& row : rows) {
        Records records = {begin()};
        records.insert(records.end(), row.records.begin(), row.records.end());
        std::string told;
        for (const auto& each : row.records)
            told += each + " ";
        INFO(told);
        const auto state = replay(records);
        REQUIRE(state);
        CHECK(state->begun == row.begun);
        CHECK(state->done == row.done);
        CHECK(state->undone == row.undone);
        CHECK(state->boots == row.boots);
        CHECK_FALSE(state->failure);
        CHECK(state->seen == UnitsSeen{});
    }
}

TEST_CASE("What was seen to run is told, and the last look counts") {
    const UnitsSeen first{.active = {"a.service"}, .inactive = {}};
    const UnitsSeen last{.active = {"a.service", "b.target"}, .inactive = {"c.service"}};
    CHECK(replay({begin(), seen_record(first), seen_record(last)})->seen == last);
    CHECK(replay({begin(), seen_record({})})->seen == UnitsSeen{});
}

TEST_CASE("A failure is told with its kind, and the first one is the reason") {
    for (const auto& row : model::kExitCodes) {
        const model::Error error(row.error, "what\n  failed: \"x\"");
        const auto state = replay({begin(), failure_record(error),
                                   failure_record({ErrorCode::internal, "undoing failed"})});
        REQUIRE(state);
        REQUIRE(state->failure);
        CHECK(state->failure->code() == row.error);
        CHECK(state->failure->text() == error.text());
    }
    const auto unknown = replay({begin(), R"({"failed":"in a way of its own","exit-code":99})"});
    CHECK(unknown->failure->code() == ErrorCode::internal);
}

TEST_CASE("Records that are no journal are an error") {
    struct Row {
        Records records;
        ErrorCode code = ErrorCode::invalid;
    };
    auto newer = Json::parse(begin());
    newer["format"] = 2;
    newer.erase("effects");
    auto dancing = Json::parse(begin());
    dancing["effects"].push_back({{"effect", "dance"}});
    const auto without = [](const char* key) {
        auto json = Json::parse(begin());
        json.erase(key);
        return json.dump();
    };
    std::vector<Row> rows = {
        {{newer.dump()}, ErrorCode::conflict},
        {{dancing.dump()}},
        {{""}},
        {{"[]"}},
        {{"{"}},
        {{begin(), "no JSON"}},
        {{begin(), R"({"doing":"one"})"}},
        {{begin(), R"({"active":[1]})"}},
        {{begin(), R"({"active":[]})"}},
        {{begin(), R"({"failed":"without a code"})"}},
    };
    for (const auto* key : {"format", "transaction", "operation", "bundles", "who", "began", "boot",
                            "from", "to", "set", "floors", "notes", "effects"})
        rows.push_back({{without(key)}});
    for (const auto& row : rows) {
        INFO(row.records.back());
        const auto state = replay(row.records);
        REQUIRE_FALSE(state);
        CHECK(state.error().code() == row.code);
    }
    CHECK(replay({newer.dump()}).error().text().find("newer update-agent") != std::string::npos);
}

TEST_CASE("An interrupted update goes back before its switch is done, and on after it") {
    TransactionState state;
    state.effects = update_effects();
    const auto switched = index_of<Activate>(state.effects);
    REQUIRE(switched > 5);
    REQUIRE(state.effects.size() - switched == 4);
    for (state.done = 0; state.done <= state.effects.size(); ++state.done)
        for (const std::size_t doing : {std::size_t{0}, std::size_t{1}}) {
            state.begun = std::min(state.done + doing, state.effects.size());
            for (state.boots = 0; state.boots <= 4; ++state.boots) {
                INFO(state.done << " done, " << state.begun << " begun, " << state.boots
                                << " boots");
                const bool all_done = state.done == state.effects.size();
                const bool on = state.done > switched && state.boots <= 3;
                state.failure.reset();
                CHECK(next_step(state) == (all_done ? NextStep::conclude
                                           : on     ? NextStep::go_on
                                                    : NextStep::go_back));
                state.failure = model::Error(ErrorCode::unhealthy, "not healthy");
                CHECK(next_step(state) == NextStep::go_back);
            }
        }
}

TEST_CASE("A transaction that leads to no other set goes on judging the one that is there") {
    TransactionState state;
    state.effects = {WatchHealth{{}, {}, {}, {}}, NoteState{1, {}}};
    CHECK_FALSE(switches(state));
    CHECK(next_step(state) == NextStep::go_on);
    state.boots = kBootsToConfirm + 1;
    CHECK(next_step(state) == NextStep::go_back);
}

TEST_CASE("What runs has noticed a transaction once it began to stop, switch or start anything") {
    TransactionState state;
    state.effects = update_effects();
    const auto first = index_of<StopUnits>(state.effects);
    REQUIRE(first + 1 == index_of<Activate>(state.effects));
    for (state.begun = 0; state.begun <= state.effects.size(); ++state.begun) {
        INFO(state.begun << " begun");
        CHECK(disturbed(state) == (state.begun > first));
    }
}

TEST_CASE("A transaction is undone when all that was begun is, and not before") {
    TransactionState state;
    state.effects = update_effects();
    CHECK(undone(state));
    state.begun = 3;
    CHECK_FALSE(undone(state));
    state.undone = {2, 1};
    CHECK_FALSE(undone(state));
    state.undone.insert(0);
    CHECK(undone(state));
}
