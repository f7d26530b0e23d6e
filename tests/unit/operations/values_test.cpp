// SPDX-License-Identifier: GPL-3.0-or-later
// What is pure: conditions, health, garbage, names, and the order of effects.
#include <chrono>

#include "agent/operations/collect.hpp"
#include "agent/operations/health.hpp"
#include "agent/operations/names.hpp"
#include "agent/operations/status.hpp"
#include "agent/operations/steps.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

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
                   (!each.health_check || look.sample.check == "healthy")));
        }
    }
}

TEST_CASE("All have to be up together, and only who is not is named") {
    HealthJudge judge({{"a.service", "a-0", false}, {"b.service", "b-0", false}}, {10s, 2s});
    const auto sample = [](const char* name, const char* active) {
        return HealthSample{with(unit(active), [&](auto& u) { u.name = name; }), {}};
    };
    CHECK(judge.look(0ms, {sample("a.service", "active"), sample("b.service", "activating")}) ==
          Verdict::pending);
    REQUIRE(judge.reasons().size() == 1);
    CHECK(judge.reasons()[0].find("b.service") == 0);
    CHECK(judge.look(3s, {sample("a.service", "active"), sample("b.service", "active")}) ==
          Verdict::pending);
    CHECK(judge.look(5s, {sample("a.service", "active"), sample("b.service", "active")}) ==
          Verdict::healthy);
}

TEST_CASE("A unit is described with what an admin looks for") {
    CHECK(operations::describe(unit("active", "running")) == "broker.service: active (running)");
    CHECK(operations::describe(with(unit("failed", "failed", "exit-code"), [](auto& u) {
              u.exit_status = 3;
              u.restarts = 4;
          })) == "broker.service: failed (failed), exit-code, status 3, restarted 4 times");
}

TEST_CASE("Garbage is what no kept generation needs") {
    using namespace example;
    const auto generation = [](unsigned number, const std::vector<std::string>& names) {
        std::vector<planning::Candidate> candidates;
        for (const auto& each : names) {
            auto description = described(each, "1.0.0", {each + "-main"});
            description.containers[0].image_id =
                model::Sha256::parse(std::string(64, each.front())).value();
            candidates.push_back(candidate(description));
        }
        auto set = installed_from(candidates);
        set.generation = number;
        return set;
    };
    const std::vector<model::InstalledSet> sets = {generation(0, {}), generation(1, {"a"}),
                                                   generation(2, {"a", "b"}), generation(3, {"b"}),
                                                   generation(4, {"c"})};
    const std::vector<std::string> kept = {"a_1.0.0", "b_1.0.0", "c_1.0.0", "stray_9.0.0"};
    const auto container = [&](const char* bundle) {
        return generation(0, {bundle}).bundles.begin()->second.containers[0].podman_name;
    };
    const std::set<std::string> ours = {container("a"), container("b"), container("c"),
                                        "stray-00000000"};
    const auto image = [](char c) { return model::Sha256::parse(std::string(64, c)).value(); };

    struct Case {
        const char* what;
        unsigned current;
        unsigned keep;
        operations::Garbage garbage;
    };
    const std::vector<Case> cases = {
        {"all are kept", 4, 5, {{}, {"stray_9.0.0"}, {"stray-00000000"}, {}}},
        {"the newest two",
         4,
         2,
         {{0, 1, 2}, {"a_1.0.0", "stray_9.0.0"}, {container("a"), "stray-00000000"}, {image('a')}}},
        {"only the current one",
         4,
         1,
         {{0, 1, 2, 3},
          {"a_1.0.0", "b_1.0.0", "stray_9.0.0"},
          {container("a"), container("b"), "stray-00000000"},
          {image('a'), image('b')}}},
        {"the current one is not the newest",
         1,
         1,
         {{0, 2, 3}, {"b_1.0.0", "stray_9.0.0"}, {container("b"), "stray-00000000"}, {image('b')}}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        const auto garbage = operations::find_garbage(sets, each.current, each.keep, kept, ours);
        CHECK(garbage.generations == each.garbage.generations);
        CHECK(garbage.bundles == each.garbage.bundles);
        CHECK(garbage.containers == each.garbage.containers);
        CHECK(garbage.images == each.garbage.images);
    }
    // An image is only named when a generation that is dropped now used it.
    CHECK(operations::find_garbage({generation(5, {})}, 5, 1, {}, {}) == operations::Garbage{});
}

TEST_CASE("A name is a bundle or a container, and says which where it is both") {
    using namespace example;
    const auto set = installed_from({candidate(described("base", "1.0.0", {"broker", "both"})),
                                     candidate(described("both", "1.0.0", {"panel"}))});
    struct Case {
        const char* text;
        std::optional<model::ErrorCode> error;
        bool is_bundle = false;
        std::vector<std::string> services = {};
    };
    using model::ErrorCode;
    const std::vector<Case> cases = {
        {"base", {}, true, {"broker.service", "both.service"}},
        {"broker", {}, false, {"broker.service"}},
        {"bundle:base", {}, true, {"broker.service", "both.service"}},
        {"container:broker", {}, false, {"broker.service"}},
        {"both", ErrorCode::usage},
        {"bundle:both", {}, true, {"panel.service"}},
        {"container:both", {}, false, {"both.service"}},
        {"container:base", ErrorCode::not_found},
        {"bundle:broker", ErrorCode::not_found},
        {"ghost", ErrorCode::not_found},
        {"", ErrorCode::not_found},
        {"bundle:", ErrorCode::not_found},
        {"broker.service", ErrorCode::not_found},
        {"../etc", ErrorCode::not_found},
    };
    for (const auto& each : cases) {
        INFO(each.text);
        const auto subject = operations::resolve(set, each.text);
        REQUIRE(subject.has_value() == !each.error.has_value());
        if (each.error) {
            CHECK(subject.error().code() == *each.error);
            continue;
        }
        CHECK(std::holds_alternative<model::BundleId>(*subject) == each.is_bundle);
        CHECK(operations::services_of(set, *subject) == each.services);
    }
}

namespace {

std::vector<std::string> lines(const std::vector<operations::Effect>& effects) {
    std::vector<std::string> texts;
    for (const auto& effect : effects)
        texts.push_back(to_string(effect));
    return texts;
}

}  // namespace

TEST_CASE("Effects come in the order of a transaction") {
    using namespace example;
    auto base = described("base", "1.0.0", {"broker", "bridge"});
    auto view = described("view", "2.0.0", {"panel"});
    view.requires_bundles = {requirement("base", "*")};
    base.containers[1].image = "localhost/other:1";
    base.containers[1].image_id = model::Sha256::parse(std::string(64, 'b')).value();
    const store::Paths paths("/");
    const auto plan =
        make_plan({}, {.add = {candidate(view), candidate(base)}, .remove = {}}, facts()).value();
    operations::StepInput input{.current_generation = 1,
                                .reason = "install",
                                .time = {},
                                .engine = {},
                                .containers = {},
                                .kept = {},
                                .offline = false,
                                .systemd_version = 252};
    const auto made = [&](const char* container_name) {
        return "creating container " + plan.specs.at(name(container_name)).container.podman_name;
    };

    CHECK(lines(operations::effects_of(plan, input, paths)) ==
          std::vector<std::string>{
              "unpacking base_1.0.0", "unpacking view_2.0.0", "bringing in image localhost/image:1",
              "bringing in image localhost/other:1", made("bridge"), made("broker"), made("panel"),
              "syncing the image store", "writing generation 2", "switching to generation 2",
              "starting installed-bundles.target base.target view.target", "watching the health",
              "noting the state of generation 2"});

    SECTION("what the engine has is not brought again") {
        input.engine.images = {{*base.containers[0].image_id, {}},
                               {*base.containers[1].image_id, {}}};
        const auto& broker = plan.specs.at(name("broker")).container;
        const auto& panel = plan.specs.at(name("panel")).container;
        const auto engine_has = [&](const std::string& podman_name, const std::string& spec) {
            input.engine.containers.push_back({.id = podman_name,
                                               .name = podman_name,
                                               .state = "exited",
                                               .image_id = {},
                                               .labels = {{"update-agent.spec", spec}}});
        };
        engine_has(broker.podman_name, broker.spec.hex());
        // The name is the same, and what was created is something else.
        engine_has(panel.podman_name, broker.spec.hex());
        CHECK(lines(operations::effects_of(plan, input, paths)) ==
              std::vector<std::string>{"unpacking base_1.0.0", "unpacking view_2.0.0",
                                       made("bridge"), made("panel"), "syncing the image store",
                                       "writing generation 2", "switching to generation 2",
                                       "starting installed-bundles.target base.target view.target",
                                       "watching the health", "noting the state of generation 2"});
    }
    SECTION("below another root nothing is brought, created or started") {
        input.offline = true;
        CHECK(lines(operations::effects_of(plan, input, paths)) ==
              std::vector<std::string>{"unpacking base_1.0.0", "unpacking view_2.0.0",
                                       "writing generation 2", "switching to generation 2",
                                       "noting the state of generation 2"});
    }
    SECTION("a removal stops, then switches") {
        const auto set = installed_from({candidate(base), candidate(view)});
        const auto removal =
            make_plan(set, {.add = {}, .remove = {id("base"), id("view")}}, facts()).value();
        CHECK(lines(operations::effects_of(removal, input, paths)) ==
              std::vector<std::string>{"writing generation 2", "stopping view.target base.target",
                                       "switching to generation 2",
                                       "noting the state of generation 2"});
    }
    SECTION("what stays keeps the arguments that it was created with") {
        const auto set = installed_from({candidate(base)});
        const auto adding =
            make_plan(set, {.add = {candidate(view)}, .remove = {}}, facts()).value();
        input.containers = {{"broker", "as it was"}, {"bridge", "too"}, {"gone", "removed"}};
        const auto effects = operations::effects_of(adding, input, paths);
        const auto written = std::find_if(effects.begin(), effects.end(), [](const auto& each) {
            return std::holds_alternative<operations::WriteGeneration>(each);
        });
        const auto& texts = std::get<operations::WriteGeneration>(*written).generation.containers;
        CHECK(texts.size() == 3);
        CHECK(texts.at("broker") == "as it was");
        CHECK(texts.at("bridge") == "too");
        CHECK(texts.at("panel") == agent::containers::to_text(adding.specs.at(name("panel"))));
    }
    SECTION("an image whose name is taken gives it back") {
        input.engine.images = {{*base.containers[1].image_id, {base.containers[0].image}}};
        const auto effects = operations::effects_of(plan, input, paths);
        const auto brought = std::find_if(effects.begin(), effects.end(), [](const auto& each) {
            return std::holds_alternative<operations::BringImage>(each);
        });
        CHECK(std::get<operations::BringImage>(*brought).named_before ==
              base.containers[1].image_id);
    }
    SECTION("what is waited for are the longest of the bundles' times") {
        view.start_timeout = 200s;
        base.settle_time = 30s;
        const auto slow =
            make_plan({}, {.add = {candidate(view), candidate(base)}, .remove = {}}, facts())
                .value();
        const auto effects = operations::effects_of(slow, input, paths);
        const auto& watch = std::get<operations::WatchHealth>(*(effects.end() - 2));
        CHECK(watch.bounds.start_timeout == 200s);
        CHECK(watch.bounds.settle_time == 30s);
        CHECK(watch.containers.size() == 3);
    }
}
