// SPDX-License-Identifier: GPL-3.0-or-later
// What a plan says that it costs: what restarts, in which order, and the space.
#include <algorithm>

#include "agent/planning/restart_order.hpp"
#include "agent/planning/space.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

namespace {

using namespace example;
using agent::planning::make_plan;
using agent::planning::restart_order;
using agent::planning::space_needed;
using agent::planning::SpaceNeeded;
using Names = std::vector<std::string>;

struct Part {
    const char* name;
    Names requires_containers = {};
    model::HostUnits unit = {};
};

model::Description made_of(std::string_view bundle_id, const std::vector<Part>& parts,
                           const Names& required = {}) {
    auto description = described(bundle_id);
    for (const auto& part : parts) {
        auto made = container(part.name);
        for (const auto& other : part.requires_containers)
            made.requires_containers.push_back(name(other));
        made.unit = part.unit;
        description.containers.push_back(made);
    }
    for (const auto& other : required)
        description.requires_bundles.push_back(requirement(other, "*"));
    return description;
}

model::HostUnits bound(const Names& units) {
    model::HostUnits host;
    host.binds_to = units;
    return host;
}

}  // namespace

TEST_CASE("Services restart after what they require, and what is bound to them restarts too") {
    struct Case {
        const char* what;
        std::vector<model::Description> bundles;
        Names changed;
        Names order;
    };
    model::HostUnits requiring;
    requiring.requires_units = {"z.service"};
    model::HostUnits requisite;
    requisite.requisite = {"z.service"};
    model::HostUnits wanting;
    wanting.wants = {"z.service"};
    model::HostUnits after;
    after.after = {"z.service"};
    const std::vector<Case> cases = {
        {"nothing", {made_of("one", {{"a"}, {"b", {"a"}}})}, {}, {}},
        {"alone", {made_of("one", {{"a"}, {"b"}})}, {"b.service"}, {"b.service"}},
        {"as the bundle has them, whatever order they come in",
         {made_of("one", {{"b"}, {"a"}})},
         {"a.service", "b.service"},
         {"b.service", "a.service"}},
        {"what requires it, over two steps",
         {made_of("one", {{"a", {"b"}}, {"b", {"c"}}, {"c"}, {"d"}})},
         {"c.service"},
         {"c.service", "b.service", "a.service"}},
        {"not what it requires",
         {made_of("one", {{"a", {"b"}}, {"b"}})},
         {"a.service"},
         {"a.service"}},
        {"a bundle after those that it requires",
         {made_of("a-top", {{"a"}}, {"z-base"}), made_of("z-base", {{"z"}})},
         {"a.service", "z.service"},
         {"z.service", "a.service"}},
        {"bound from another bundle",
         {made_of("a-top", {{"a", {}, bound({"z.service"})}}, {"z-base"}),
          made_of("z-base", {{"z"}})},
         {"z.service"},
         {"z.service", "a.service"}},
        {"Requires= and Requisite= from another one, and not Wants= nor After=",
         {made_of(
              "z-top",
              {{"a", {}, requiring}, {"b", {}, requisite}, {"c", {}, wanting}, {"d", {}, after}},
              {"base"}),
          made_of("base", {{"z"}})},
         {"z.service"},
         {"z.service", "a.service", "b.service"}},
        {"After= orders, through what does not restart",
         {made_of("one", {{"a", {}, after}, {"b", {"a"}}, {"z"}})},
         {"b.service", "z.service"},
         {"z.service", "b.service"}},
        {"a circle of After= ends",
         {made_of("one", {{"z", {}, after}})},
         {"z.service"},
         {"z.service"}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        auto changed = each.changed;
        do
            CHECK(restart_order(installed(each.bundles), changed) == each.order);
        while (std::next_permutation(changed.begin(), changed.end()));
    }
}

TEST_CASE("A plan tells what changed from what restarts with it") {
    auto base = made_of("base", {{"wire", {"broker"}}, {"broker"}});
    const auto view = made_of("view", {{"panel", {}, bound({"wire.service"})}}, {"base"});
    const auto before = installed_from({candidate(base, 'a'), candidate(view, 'b')});
    base.version = version("1.1.0");
    base.containers[1].command = {"other"};
    // New ones are bound to what restarts, and start rather than restart.
    const auto log = made_of("log", {{"writer", {}, bound({"broker.service"})}}, {"base"});

    const auto plan = make_plan(
        before, {.add = {candidate(base, 'c'), candidate(log, 'd')}, .remove = {}}, facts());
    REQUIRE(plan);
    CHECK(plan->restart == Names{"broker.service"});
    CHECK(plan->restart_order == Names{"broker.service", "wire.service", "panel.service"});
    CHECK(plan->pauses == Names{"update-agent-pause@broker:60.service"});
    CHECK(plan->start == Names{"base.target", "log.target"});
}

TEST_CASE("The space is that of the kept bundles and of what the engine makes of them") {
    const auto fresh = candidate(described("base", "1.0.0", {"broker"}));
    auto images_again = candidate(described("view", "1.0.0", {"panel"}));
    images_again.kept = true;
    auto from_disk = images_again;
    const auto there = model::Sha256::parse(std::string(64, '7')).value();
    for (auto& container : from_disk.description.containers)
        container.image_id = there;
    auto same_images = from_disk;
    same_images.kept = false;
    struct Case {
        const char* what;
        std::vector<planning::Candidate> add;
        SpaceNeeded space;
    };
    const std::vector<Case> cases = {
        {"nothing", {}, {}},
        {"a bundle", {fresh}, {.kept = 1000, .engine = 4000}},
        {"one without images", {candidate(described("log"))}, {.kept = 1000}},
        {"two",
         {fresh, candidate(described("log", "1.0.0", {"writer"}))},
         {.kept = 2000, .engine = 8000}},
        {"one that is put back", {from_disk}, {}},
        {"one whose images are there", {same_images}, {.kept = 1000}},
        {"and has to be loaded", {fresh, images_again}, {.kept = 1000, .engine = 8000}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        const auto plan = make_plan({}, {.add = each.add, .remove = {}}, facts());
        REQUIRE(plan);
        CHECK(space_needed(*plan, {there}) == each.space);
    }
}
