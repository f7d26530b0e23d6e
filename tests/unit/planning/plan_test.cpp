// SPDX-License-Identifier: GPL-3.0-or-later
// What a plan does, where nothing is against it.
#include <algorithm>

#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

namespace {

using namespace example;
using agent::planning::make_plan;
using agent::planning::Plan;
using agent::planning::Request;
using Names = std::vector<std::string>;

Plan planned(const model::InstalledSet& set, const Request& request,
             const agent::planning::MachineFacts& machine = facts()) {
    auto plan = make_plan(set, request, machine);
    if (!plan) FAIL(model::to_error(plan.error()).text());
    return std::move(*plan);
}

planning::Candidate requiring(std::string_view bundle_id, const Names& required,
                              const Names& containers = {}) {
    auto description = described(bundle_id, "1.0.0", containers);
    for (const auto& other : required)
        description.requires_bundles.push_back(requirement(other, ">=1.0.0"));
    return candidate(std::move(description));
}

}  // namespace

TEST_CASE("A bundle that is added to nothing is the whole of the new set") {
    auto base = candidate(described("base", "1.2.0", {"broker", "bridge"}), 'a');
    const auto plan = planned({}, {.add = {base}, .remove = {}});

    CHECK(added(plan) == Names{"base"});
    CHECK(plan.remove.empty());
    CHECK(plan.unchanged.empty());
    CHECK_FALSE(plan.nothing_to_do());
    CHECK(plan.bytes == 1000);
    CHECK(plan.stop.empty());
    CHECK(plan.restart.empty());
    CHECK(plan.start == Names{"base.target"});

    CHECK(plan.result.generation == 2);
    REQUIRE(plan.result.bundles.size() == 1);
    const auto* installed = plan.result.find(id("base"));
    REQUIRE(installed != nullptr);
    CHECK(installed->description == base.description);
    CHECK(installed->digest == base.digest);
    CHECK(installed->anchor == base.anchor);
    REQUIRE(installed->containers.size() == 2);
    REQUIRE(plan.specs.size() == 2);
    CHECK(installed->containers[0] == plan.specs.at(name("broker")).container);
    CHECK(installed->containers[1] == plan.specs.at(name("bridge")).container);
    CHECK(plan.units.wants == Names{"base.target"});
    CHECK(plan.units.files.count("base.target") == 1);
    CHECK(plan.units.files.count("base-restart.target") == 1);
    CHECK(plan.units.files.count("broker.service") == 1);
    CHECK(plan.units.files.count("bridge.service") == 1);
}

TEST_CASE("Bundles are added in the order of what they require") {
    struct Case {
        const char* what;
        std::vector<planning::Candidate> asked_for;
        Names order;
    };
    const std::vector<Case> cases = {
        {"as asked for", {requiring("base", {}), requiring("view", {"base"})}, {"base", "view"}},
        {"the wrong way round",
         {requiring("view", {"base"}), requiring("base", {})},
         {"base", "view"}},
        {"a chain",
         {requiring("a-top", {"middle"}), requiring("middle", {"z-base"}), requiring("z-base", {})},
         {"z-base", "middle", "a-top"}},
        {"a diamond",
         {requiring("a-top", {"left", "right"}), requiring("right", {"zero"}),
          requiring("left", {"zero"}), requiring("zero", {})},
         {"zero", "left", "right", "a-top"}},
        {"by name where nothing is required",
         {requiring("two", {}), requiring("one", {})},
         {"one", "two"}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        const auto plan = planned({}, {.add = each.asked_for, .remove = {}});
        CHECK(added(plan) == each.order);
        Names targets;
        for (const auto& bundle_id : each.order)
            targets.push_back(bundle_id + ".target");
        CHECK(plan.start == targets);
        CHECK(plan.bytes == 1000 * each.order.size());
    }
}

TEST_CASE("An add-on to what is installed changes and restarts nothing of it") {
    const auto before = installed_from({requiring("base", {}, {"broker"})});
    const auto plan =
        planned(before, {.add = {requiring("view", {"base"}, {"panel"})}, .remove = {}});

    CHECK(added(plan) == Names{"view"});
    CHECK(plan.restart.empty());
    CHECK(plan.stop.empty());
    CHECK(plan.start == Names{"view.target"});
    CHECK(*plan.result.find(id("base")) == *before.find(id("base")));
    const auto untouched = agent::planning::render(before, facts());
    for (const auto& [file, text] : untouched.files) {
        INFO(file);
        CHECK(plan.units.files.at(file) == text);
    }
}

TEST_CASE("A bundle that is installed with the same content is left as it is") {
    const auto base = requiring("base", {}, {"broker"});
    const auto before = installed_from({base});

    SECTION("alone, there is nothing to do") {
        const auto plan = planned(before, {.add = {base}, .remove = {}});
        CHECK(plan.nothing_to_do());
        CHECK(texts(plan.unchanged) == Names{"base"});
        CHECK(plan.start.empty());
        CHECK(plan.restart.empty());
        CHECK(plan.bytes == 0);
        CHECK(plan.result.bundles == before.bundles);
    }
    SECTION("beside a new one, only that is added") {
        const auto plan =
            planned(before, {.add = {base, requiring("view", {"base"})}, .remove = {}});
        CHECK(added(plan) == Names{"view"});
        CHECK(texts(plan.unchanged) == Names{"base"});
        CHECK(plan.bytes == 1000);
    }
    SECTION("though the host has taken a name or was updated since") {
        auto machine = facts();
        machine.foreign_units["broker.service"] = "/etc/systemd/system/broker.service";
        machine.os_version = version("13.0.0");
        auto bound = base;
        bound.description.os = model::VersionRange::parse("^12").value();
        const auto plan = planned(installed_from({bound}), {.add = {bound}, .remove = {}}, machine);
        CHECK(plan.nothing_to_do());
    }
}

TEST_CASE("A removed bundle stops before those that it required, its restart target first") {
    const auto base = requiring("base", {}, {"broker", "bridge"});
    auto view = requiring("view", {"base"}, {"panel"});
    // Without a start limit there is no pause after it that would have to be stopped, too.
    view.description.containers[0].start_limit_interval = model::Span::zero();
    const auto other = requiring("other", {}, {"clock"});
    const auto before = installed_from({base, view, other});

    SECTION("one") {
        const auto plan = planned(before, {.add = {}, .remove = {id("view")}});
        CHECK(texts(plan.remove) == Names{"view"});
        CHECK(plan.stop == Names{"view-restart.target", "view.target", "panel.service"});
        CHECK(plan.gone == Names{"panel.service", "view-restart.target", "view.target"});
        CHECK(plan.result.bundles.size() == 2);
        CHECK(plan.result.find(id("view")) == nullptr);
        CHECK(plan.units.files.count("panel.service") == 0);
        CHECK(plan.specs.count(name("panel")) == 0);
    }
    SECTION("two, in either order") {
        for (const auto& ids : {std::vector{id("base"), id("view")}, {id("view"), id("base")}}) {
            const auto plan = planned(before, {.add = {}, .remove = ids});
            CHECK(texts(plan.remove) == Names{"view", "base"});
            CHECK(plan.stop == Names{"view-restart.target", "view.target", "panel.service",
                                     "base-restart.target", "base.target", "broker.service",
                                     "update-agent-pause@broker:60.service", "bridge.service",
                                     "update-agent-pause@bridge:60.service"});
            CHECK(plan.units.wants == Names{"other.target"});
        }
    }
    SECTION("one that is named twice stops once") {
        const auto plan = planned(before, {.add = {}, .remove = {id("view"), id("view")}});
        CHECK(texts(plan.remove) == Names{"view"});
        CHECK(plan.stop.size() == 3);
    }
    SECTION("all of them leaves the empty set") {
        const auto plan =
            planned(before, {.add = {}, .remove = {id("base"), id("view"), id("other")}});
        CHECK(plan.result.bundles.empty());
        CHECK(plan.units.files.empty());
        CHECK(plan.units.wants.empty());
    }
    const auto plan = planned(before, {.add = {}, .remove = {id("view")}});
    CHECK(plan.restart.empty());
    CHECK(plan.start.empty());
    CHECK(plan.bytes == 0);
    CHECK_FALSE(plan.nothing_to_do());
}

TEST_CASE("The same request makes the same plan, in whatever order it is made") {
    const auto base = requiring("base", {}, {"broker"});
    const auto view = requiring("view", {"base"}, {"panel"});
    const auto log = requiring("log", {"base"}, {"writer"});
    std::vector<planning::Candidate> candidates = {base, log, view};
    const auto first = planned({}, {.add = candidates, .remove = {}});
    const auto by_id = [](const auto& left, const auto& right) {
        return left.description.id < right.description.id;
    };
    while (std::next_permutation(candidates.begin(), candidates.end(), by_id)) {
        const auto plan = planned({}, {.add = candidates, .remove = {}});
        CHECK(added(plan) == added(first));
        CHECK(plan.result == first.result);
        CHECK(plan.specs == first.specs);
        CHECK(plan.units == first.units);
        CHECK(plan.start == first.start);
    }
}

TEST_CASE("A unit of what stays restarts only where its service section changes") {
    auto bound = described("view", "1.0.0", {"panel"});
    bound.containers[0].unit.binds_to = {"broker.service"};
    const auto before = installed_from({requiring("base", {}, {"broker", "bridge"})});
    auto machine = facts();
    machine.render.systemd_version = 257;

    const auto plan = planned(before, {.add = {candidate(bound)}, .remove = {}}, machine);
    // What others bind to cannot restart in the direct mode that these systemds have.
    CHECK(plan.restart == Names{"broker.service"});
    machine.render.systemd_version = 252;
    CHECK(planned(before, {.add = {candidate(bound)}, .remove = {}}, machine).restart.empty());
}

TEST_CASE("All units of the candidates are named, to be looked for on the host") {
    CHECK(agent::planning::unit_names({candidate(described("base", "1.0.0", {"broker"})),
                                       candidate(described("view", "1.0.0", {"panel"}))}) ==
          Names{"base.target", "base-restart.target", "broker.service", "view.target",
                "view-restart.target", "panel.service"});
}

TEST_CASE("A newer version takes the place of the installed one") {
    const auto set =
        installed_from({candidate(described("base", "1.0.0", {"broker", "bridge"}), 'a'),
                        requiring("view", {"base"}, {"panel"})});
    auto newer = described("base", "1.1.0", {"broker", "wire"});
    const auto plan = planned(set, {.add = {candidate(newer, 'b')}, .remove = {}});
    CHECK(added(plan) == Names{"base"});
    CHECK(plan.replaced == std::map{std::pair{id("base"), version("1.0.0")}});
    CHECK(plan.result.find(id("base"))->description.version == version("1.1.0"));
    CHECK(plan.result.find(id("view")) != nullptr);
    CHECK(plan.start == Names{"base.target"});
    // The broker is the same container as before.
    CHECK(plan.restart.empty());
    CHECK(plan.stop ==
          Names{"base-restart.target", "bridge.service", "update-agent-pause@bridge:60.service"});
    CHECK(plan.added ==
          Names{"base-restart.target", "wire.service", "update-agent-pause@wire:60.service"});
}

TEST_CASE("A changed container restarts, and does not wait for its pause") {
    const auto before = described("base", "1.0.0", {"broker", "bridge"});
    auto newer = described("base", "1.1.0", {"broker", "bridge"});
    newer.containers[0].command = {"other"};
    const auto plan = planned(installed_from({candidate(before, 'a')}),
                              {.add = {candidate(newer, 'b')}, .remove = {}});
    CHECK(plan.restart == Names{"broker.service"});
    CHECK(plan.stop.empty());
    CHECK(plan.pauses == Names{"update-agent-pause@broker:60.service"});
    CHECK(plan.added.empty());
}

TEST_CASE("What is let in on purpose is planned like any other") {
    const auto set = installed_from({candidate(described("old", "1.3.0"), 'a')});
    auto other = candidate(described("old", "1.2.0"), 'b');
    other.anchor = std::string(64, 'e');
    const auto plan = planned(
        set, {.add = {other}, .remove = {}, .allow_downgrade = true, .allow_signer_change = true});
    CHECK(plan.replaced.size() == 1);
    CHECK(plan.result.find(id("old"))->anchor == other.anchor);
}
