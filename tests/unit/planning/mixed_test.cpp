// SPDX-License-Identifier: GPL-3.0-or-later
// Installations, updates and removals in one request: one plan, or all reasons against it.
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

namespace {

using namespace example;
using agent::planning::MachineFacts;
using agent::planning::make_plan;
using agent::planning::Request;
using model::ErrorCode;
using Names = std::vector<std::string>;

model::Description base(std::string_view bundle_version, const Names& containers = {"broker"}) {
    auto description = described("base", bundle_version, containers);
    description.type = model::BundleType::base;
    return description;
}

model::Description addon(std::string_view bundle_id, std::string_view bundle_version,
                         std::string_view base_range, const Names& containers = {}) {
    auto description = described(bundle_id, bundle_version, containers);
    if (!base_range.empty()) description.requires_bundles = {requirement("base", base_range)};
    return description;
}

/// A base and two add-ons that stay with its first version.
model::InstalledSet three() {
    return installed_from({candidate(base("1.0.0"), 'a'),
                           candidate(addon("log", "1.0.0", "^1.0", {"writer"}), 'b'),
                           candidate(addon("view", "1.0.0", "^1.0", {"panel"}), 'c')});
}

Names reasons(const model::InstalledSet& set, const Request& request) {
    auto machine = facts();
    machine.floors[id("base")] = version("1.0.0");
    machine.foreign_units = {{"ssh.service", "/lib/systemd/system/ssh.service"}};
    const auto plan = make_plan(set, request, machine);
    Names texts;
    if (!plan)
        for (const auto& problem : plan.error())
            texts.push_back(model::to_string(problem));
    return texts;
}

}  // namespace

TEST_CASE("What one request does to several bundles is judged as a whole") {
    auto foreign = addon("maps", "1.0.0", "^3", {"ssh", "panel"});
    foreign.os = model::VersionRange::parse(">=13").value();
    foreign.architectures = {"riscv64"};
    foreign.compatible = {"welder"};
    auto below = candidate(base("0.9.0"), 'd');
    below.anchor = std::string(64, 'e');
    auto second = described("bottom", "1.0.0");
    second.type = model::BundleType::base;
    auto ring = addon("ring", "1.0.0", "*");
    auto based_on_ring = base("1.1.0");
    based_on_ring.requires_bundles = {requirement("ring", "*")};
    struct Case {
        const char* what;
        Request request;
        /// Part of each reason, in order; none where it is planned.
        Names reasons;
    };
    const std::vector<Case> cases = {
        {"an update that breaks what stays",
         {.add = {candidate(base("2.0.0"), 'd')}, .remove = {}},
         {"log 1.0.0: requires: requires base ^1.0, and 2.0.0 is there",
          "view 1.0.0: requires: requires base ^1.0, and 2.0.0 is there"}},
        {"the same without one of them",
         {.add = {candidate(base("2.0.0"), 'd')}, .remove = {id("log")}},
         {"view 1.0.0: requires: requires base ^1.0"}},
        {"and without both",
         {.add = {candidate(base("2.0.0"), 'd')}, .remove = {id("view"), id("log")}},
         {}},
        {"or with fitting ones",
         {.add = {candidate(addon("view", "2.0.0", "^2"), 'e'), candidate(base("2.0.0"), 'd'),
                  candidate(addon("log", "2.0.0", "*"), 'f')},
          .remove = {}},
         {}},
        {"a removal of what a new version needs no more",
         {.add = {candidate(addon("view", "2.0.0", ""), 'e')}, .remove = {id("base"), id("log")}},
         {}},
        {"a removal of what a new version still needs",
         {.add = {candidate(addon("view", "2.0.0", "*"), 'e')}, .remove = {id("base"), id("log")}},
         {"base: is required by view (remove view too, in the same command)"}},
        {"a removal of what is needed by what comes, and by what stays",
         {.add = {candidate(addon("maps", "1.0.0", "*"), 'e')}, .remove = {id("base"), id("view")}},
         {"base: is required by log (remove log too, in the same command)",
          "base: is required by maps (keep it, or leave maps out)"}},
        {"another base in its place",
         {.add = {candidate(second, 'd')}, .remove = {id("base"), id("view"), id("log")}},
         {}},
        {"another base beside it", {.add = {candidate(second, 'd')}, .remove = {}}, {"one base"}},
        {"a container's name that is given up in the same request",
         {.add = {candidate(addon("maps", "1.0.0", "", {"panel"}), 'e')}, .remove = {id("view")}},
         {}},
        {"a name that an update takes from what stays",
         {.add = {candidate(base("1.1.0", {"broker", "panel"}), 'd')}, .remove = {}},
         {"base 1.1.0: containers: the container name 'panel' is taken by the bundle view"}},
        {"a circle through what is installed",
         {.add = {candidate(ring, 'd'), candidate(based_on_ring, 'e')}, .remove = {}},
         {"circle: base, ring"}},
        {"the same id in both lists",
         {.add = {candidate(addon("view", "1.1.0", "^1"), 'd')}, .remove = {id("view")}},
         {"view: is asked to be removed and to be installed"}},
        {"even with the content that it has",
         {.add = {candidate(addon("view", "1.0.0", "^1.0", {"panel"}), 'c')},
          .remove = {id("view")}},
         {"view: is asked to be removed and to be installed"}},
        {"a bundle that is not let in, for what it would do as well",
         {.add = {below}, .remove = {}},
         {"another trust anchor", "lower than 1.0.0", "log 1.0.0: requires: requires base ^1.0",
          "view 1.0.0: requires: requires base ^1.0"}},
        {"what requires it is judged by it",
         {.add = {candidate(base("1.0.0-rc.1"), 'd'),
                  candidate(addon("maps", "1.0.0", ">=1"), 'e')},
          .remove = {id("log"), id("view")}},
         {"base 1.0.0-rc.1: version: is lower", "requires base >=1, and 1.0.0-rc.1 is there"}},
        {"everything at once",
         {.add = {candidate(foreign, 'd'), candidate(base("2.0.0"), 'e'), candidate(foreign, 'd'),
                  candidate(second, 'f')},
          .remove = {id("ghost"), id("log")}},
         {"asked for twice", "ghost: is not installed", "operating system in >=13", "riscv64",
          "welder", "maps 1.0.0: requires: requires base ^3, and 2.0.0 is there",
          "view 1.0.0: requires: requires base ^1.0, and 2.0.0 is there", "one base",
          "'panel' is taken by the bundle view", "'ssh.service' is taken"}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        const auto found = reasons(three(), each.request);
        INFO([&] {
            std::string text;
            for (const auto& reason : found)
                text += reason + "\n";
            return text;
        }());
        REQUIRE(found.size() == each.reasons.size());
        for (std::size_t i = 0; i < found.size(); ++i)
            CHECK(found[i].find(each.reasons[i]) != std::string::npos);
    }
}

TEST_CASE("A mixed request is one plan") {
    const Request request{.add = {candidate(addon("maps", "1.0.0", "^2", {"tiles"}), 'd'),
                                  candidate(base("2.0.0", {"broker", "bridge"}), 'e'),
                                  candidate(addon("view", "2.0.0", "^2", {"panel"}), 'f')},
                          .remove = {id("log")}};
    const auto plan = make_plan(three(), request, facts());
    REQUIRE(plan);
    CHECK(added(*plan) == Names{"base", "maps", "view"});
    CHECK(texts(plan->remove) == Names{"log"});
    CHECK(plan->replaced == std::map{std::pair{id("base"), version("1.0.0")},
                                     std::pair{id("view"), version("1.0.0")}});
    CHECK(plan->stop == Names{"log-restart.target", "log.target", "writer.service",
                              "update-agent-pause@writer:60.service"});
    CHECK(plan->start == Names{"base.target", "maps.target", "view.target"});
    CHECK(plan->added == Names{"maps-restart.target", "maps.target", "tiles.service",
                               "update-agent-pause@tiles:60.service", "base-restart.target",
                               "bridge.service", "update-agent-pause@bridge:60.service"});
    CHECK(plan->bytes == 3000);
    CHECK(plan->result.bundles.size() == 3);
    CHECK(plan->result.generation == 2);
}

TEST_CASE("What is there already is left alone beside an update and a removal") {
    const auto plan = make_plan(three(),
                                {.add = {candidate(base("1.0.0"), 'a'),
                                         candidate(addon("view", "1.1.0", "^1.0", {"panel"}), 'd')},
                                 .remove = {id("log")}},
                                facts());
    REQUIRE(plan);
    CHECK(texts(plan->unchanged) == Names{"base"});
    CHECK(added(*plan) == Names{"view"});
    CHECK(plan->restart.empty());
}
