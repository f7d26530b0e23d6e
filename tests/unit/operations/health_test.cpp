// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/health.hpp"

#include <chrono>

#include "agent/operations/status.hpp"
#include "tests/unit/catch.hpp"

namespace {

using namespace agent;
using namespace std::chrono_literals;
using operations::Condition;
using operations::HealthJudge;
using operations::HealthSample;
using Verdict = HealthJudge::Verdict;

host::UnitState unit(const std::string& active, const std::string& sub = {},
                     const std::string& result = "success") {
    host::UnitState state;
    state.name = "broker.service";
    state.load = "loaded";
    state.active = active;
    state.sub = sub;
    state.result = result;
    state.fragment_path = "/run/systemd/generator.late/broker.service";
    state.invocation_id = "a1";
    return state;
}

host::UnitState with(host::UnitState state, const std::function<void(host::UnitState&)>& change) {
    change(state);
    return state;
}

}  // namespace

TEST_CASE("A unit's state is one word for people") {
    struct Case {
        const char* what;
        host::UnitState state;
        Condition condition;
    };
    const std::vector<Case> cases = {
        {"up", unit("active", "running"), Condition::running},
        {"paused", with(unit("active", "running"), [](auto& u) { u.frozen = true; }),
         Condition::paused},
        {"on its way", unit("activating", "start"), Condition::starting},
        {"reloading", unit("reloading", "reload"), Condition::starting},
        {"down", unit("inactive", "dead"), Condition::stopped},
        {"going down", unit("deactivating", "stop-sigterm"), Condition::stopped},
        {"given up", unit("failed", "failed", "start-limit-hit"), Condition::failed},
        {"waiting to start again", unit("activating", "auto-restart", "exit-code"),
         Condition::crashing},
        {"waiting since 254", unit("activating", "auto-restart-queued"), Condition::crashing},
        {"starting after a failure", unit("activating", "start", "timeout"), Condition::crashing},
        {"starting for the third time",
         with(unit("activating", "start"), [](auto& u) { u.restarts = 2; }), Condition::crashing},
        {"up after restarts", with(unit("active", "running"), [](auto& u) { u.restarts = 2; }),
         Condition::running},
        {"masked", with(unit("inactive", "dead"), [](auto& u) { u.load = "masked"; }),
         Condition::held},
        {"unknown", with(unit("inactive"), [](auto& u) { u.load = "not-found"; }),
         Condition::missing},
        {"the host's",
         with(unit("active", "running"),
              [](auto& u) { u.fragment_path = "/etc/systemd/system/broker.service"; }),
         Condition::shadowed},
        {"ours by the link's target",
         with(unit("active", "running"),
              [](auto& u) {
                  u.fragment_path =
                      "/opt/operation/update-agent/generations/3/units/broker.service";
              }),
         Condition::running},
        {"without a file", with(unit("active"), [](auto& u) { u.fragment_path.clear(); }),
         Condition::running},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        CHECK(to_string(operations::condition_of(each.state)) == to_string(each.condition));
    }
}

TEST_CASE("Health is judged over time") {
    struct Look {
        std::chrono::milliseconds time;
        HealthSample sample;
        Verdict verdict;
    };
    struct Case {
        const char* what;
        bool health_check;
        std::vector<Look> looks;
    };
    const auto up = HealthSample{unit("active", "running"), {}};
    const auto starting = HealthSample{unit("activating", "start"), {}};
    const auto invocation = [](const char* id, const char* active) {
        return HealthSample{with(unit(active, "x"), [&](auto& u) { u.invocation_id = id; }), {}};
    };
    const auto checked = [](const char* check) {
        return HealthSample{unit("active", "running"), check};
    };
    const auto paused = [](const char* check) {
        return HealthSample{with(unit("active", "running"), [](auto& u) { u.frozen = true; }),
                            check};
    };
    const auto restarted = [](unsigned times) {
        return HealthSample{
            with(unit("activating", "auto-restart"), [&](auto& u) { u.restarts = times; }), {}};
    };
    // Bounds: 10 s to come up, 2 s to stay up.
    const std::vector<Case> cases = {
        {"up at once and for the settle-time",
         false,
         {{0ms, up, Verdict::pending}, {1999ms, up, Verdict::pending}, {2s, up, Verdict::healthy}}},
        {"up late",
         false,
         {{0ms, starting, Verdict::pending},
          {9s, up, Verdict::pending},
          {10500ms, up, Verdict::pending},
          {11s, up, Verdict::healthy}}},
        {"never up",
         false,
         {{0ms, starting, Verdict::pending},
          {10s, starting, Verdict::pending},
          {10001ms, starting, Verdict::unhealthy}}},
        {"up, down, and up begins the settle-time anew",
         false,
         {{0ms, up, Verdict::pending},
          {1s, starting, Verdict::pending},
          {2s, up, Verdict::pending},
          {3999ms, up, Verdict::pending},
          {4s, up, Verdict::healthy}}},
        {"another invocation between two looks begins it anew",
         false,
         {{0ms, invocation("a", "active"), Verdict::pending},
          {1900ms, invocation("b", "active"), Verdict::pending},
          {2s, invocation("b", "active"), Verdict::pending},
          {3899ms, invocation("b", "active"), Verdict::pending},
          {3900ms, invocation("b", "active"), Verdict::healthy}}},
        {"paused, and a check that it cannot answer says nothing",
         true,
         {{0ms, paused("unhealthy"), Verdict::pending},
          {1s, paused("starting"), Verdict::pending},
          {2s, paused("unhealthy"), Verdict::healthy}}},
        {"four starts are enough",
         false,
         {{0ms, invocation("a", "active"), Verdict::pending},
          {1s, invocation("b", "active"), Verdict::pending},
          {2s, invocation("c", "active"), Verdict::pending},
          {3s, invocation("d", "active"), Verdict::unhealthy}}},
        {"three restarts are enough",
         false,
         {{0ms, restarted(2), Verdict::pending}, {1s, restarted(3), Verdict::unhealthy}}},
        {"the start limit",
         false,
         {{0ms, {unit("failed", "failed", "start-limit-hit"), {}}, Verdict::unhealthy}}},
        {"failed, but systemd may try again",
         false,
         {{0ms, {unit("failed", "failed", "exit-code"), {}}, Verdict::pending}}},
        {"a unit that is not loaded",
         false,
         {{0ms,
           {with(unit("inactive"), [](auto& u) { u.load = "not-found"; }), {}},
           Verdict::unhealthy}}},
        {"what was stopped by hand does not count",
         false,
         {{0ms, {with(unit("inactive"), [](auto& u) { u.load = "masked"; }), {}}, Verdict::pending},
          {2s,
           {with(unit("inactive"), [](auto& u) { u.load = "masked"; }), {}},
           Verdict::healthy}}},
        {"a health check has to say healthy",
         true,
         {{0ms, checked("starting"), Verdict::pending},
          {3s, checked("healthy"), Verdict::pending},
          {5s, checked("healthy"), Verdict::healthy}}},
        {"a health check that says unhealthy decides at once",
         true,
         {{0ms, checked("starting"), Verdict::pending},
          {1s, checked("unhealthy"), Verdict::unhealthy}}},
        {"a health check that says nothing is waited for, not for ever",
         true,
         {{0ms, checked(""), Verdict::pending}, {10001ms, checked(""), Verdict::unhealthy}}},
    };
    for (const auto& each : cases) {
        HealthJudge judge({{"broker.service", "broker-00000000", each.health_check}}, {10s, 2s});
        for (const auto& look : each.looks) {
            INFO(each.what << ", at " << look.time.count() << " ms");
            CHECK(judge.look(look.time, {look.sample}) == look.verdict);
            CHECK(judge.reasons().empty() ==
                  (look.verdict != Verdict::unhealthy &&
                   (look.sample.unit.active == "active" || look.sample.unit.load == "masked") &&
                   (!each.health_check || look.sample.unit.frozen ||
                    look.sample.check == "healthy")));
        }
    }
}

TEST_CASE("What crashed before the watch began is not held against what is up") {
    const auto restarted = [](unsigned times) {
        return HealthSample{with(unit("active"), [&](auto& u) { u.restarts = times; }), {}};
    };
    HealthJudge judge({{"broker.service", "b-0", false}}, {10s, 2s});
    CHECK(judge.look(0ms, {restarted(9)}) == Verdict::pending);
    CHECK(judge.look(2s, {restarted(9)}) == Verdict::healthy);
    CHECK(judge.look(3s, {restarted(12)}) == Verdict::unhealthy);
}

TEST_CASE("All have to be up together, and only who is not is named") {
    HealthJudge judge({{"a.service", "a-0", false}, {"b.service", "b-0", false}}, {10s, 2s});
    const auto sample = [](const char* name, const char* active) {
        return HealthSample{with(unit(active), [&](auto& u) { u.name = name; }), {}};
    };
    CHECK(judge.look(0ms, {sample("a.service", "active"), sample("b.service", "activating")}) ==
          Verdict::pending);
    REQUIRE(judge.reasons().size() == 1);
    CHECK(judge.reasons()[0].service == "b.service");
    CHECK(judge.reasons()[0].text.find("b.service: activating") == 0);
    CHECK(judge.look(3s, {sample("a.service", "active"), sample("b.service", "active")}) ==
          Verdict::pending);
    CHECK(judge.look(5s, {sample("a.service", "active"), sample("b.service", "active")}) ==
          Verdict::healthy);
}

TEST_CASE("The last two runs that were seen are named, the newest first, and the first one") {
    HealthJudge judge({{"broker.service", "b-0", false}}, {10s, 2s});
    using Runs = std::vector<std::string>;
    const std::vector<std::pair<const char*, Runs>> looks = {
        {"", {}}, {"a", {"a"}}, {"a", {"a"}}, {"b", {"b", "a"}}, {"c", {"c", "b", "a"}}};
    for (const auto& [invocation, runs] : looks) {
        INFO(invocation);
        auto down = unit("activating");
        down.invocation_id = invocation;
        judge.look(0ms, {{down, {}}});
        REQUIRE(judge.reasons().size() == 1);
        CHECK(judge.reasons()[0].invocations == runs);
    }
}

TEST_CASE("A unit is described with what an admin looks for") {
    CHECK(operations::describe(unit("active", "running")) == "broker.service: active (running)");
    CHECK(operations::describe(with(unit("failed", "failed", "exit-code"), [](auto& u) {
              u.exit_status = 3;
              u.restarts = 4;
          })) == "broker.service: failed (failed), exit-code, status 3, restarted 4 times");
}
