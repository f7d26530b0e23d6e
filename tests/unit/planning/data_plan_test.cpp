// SPDX-License-Identifier: GPL-3.0-or-later
// When init containers run, and what stops for them.
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

using namespace agent;
using namespace example;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

model::Volume volume(const std::string& name, bool shared = false) {
    model::Volume volume;
    volume.name = name;
    volume.shared = shared;
    return volume;
}

model::Container with_mounts(std::string_view name, const std::vector<model::Mount>& mounts) {
    auto made = container(name);
    made.mounts = mounts;
    return made;
}

model::Mount mount(const std::string& name, bool read_only = false) {
    return {.volume = name, .target = "/" + name, .read_only = read_only, .propagation = {}};
}

/// broker has the volume maps, bridge requires it, and clock has the volume logs.
model::Description base(std::string_view version_text, std::vector<model::Container> inits) {
    auto base = described("base", version_text);
    base.volumes = {volume("maps", true), volume("logs")};
    auto bridge = container("bridge");
    bridge.requires_containers = {name("broker")};
    base.containers = {bridge, with_mounts("broker", {mount("maps", true)}),
                       with_mounts("clock", {mount("logs")})};
    base.init_containers = std::move(inits);
    return base;
}

Names names(const std::vector<planning::DataStep>& steps) {
    Names names;
    for (const auto& run : planning::init_runs({.early = steps}))
        names.push_back(run.spec.container.name.value());
    return names;
}

const planning::InitRun& run(const planning::DataStep& step) {
    return std::get<planning::InitRun>(step);
}

planning::DataPlan update_of(std::vector<model::Container> inits) {
    const auto there = installed_from({candidate(base("1.0.0", {}))});
    return make_plan(there,
                     {.add = {candidate(base("1.1.0", std::move(inits)), '2')}, .remove = {}},
                     facts())
        .value()
        .data;
}

}  // namespace

TEST_CASE("Init containers of a new bundle run before anything is stopped") {
    auto first = with_mounts("first", {mount("maps")});
    first.max_wait = 7s;
    const auto plan = make_plan(
        {}, {.add = {candidate(base("1.0.0", {first, with_mounts("second", {})}))}, .remove = {}},
        facts());
    const auto& data = plan.value().data;
    CHECK(names(data.early) == Names{"first", "second"});
    CHECK(run(data.early[0]).max_wait == 7s);
    CHECK(writes_of(data.early) == Names{"/opt/data/base/maps"});
    CHECK(run(data.early[1]).max_wait == planning::kDefaultMaxWait);
    CHECK(data.late.empty());
    CHECK(data.hold.empty());
}

TEST_CASE("Whatever has volumes that an init container can write to stops for it") {
    struct Case {
        const char* what;
        std::vector<model::Container> inits;
        Names early;
        Names late;
        Names hold;
    };
    const std::vector<Case> cases = {
        {"none has volumes", {with_mounts("a", {}), with_mounts("b", {})}, {"a", "b"}, {}, {}},
        {"what is read only by it may be in use",
         {with_mounts("a", {mount("maps", true)})},
         {"a"},
         {},
         {}},
        {"whoever only reads what it writes stops, with what requires it",
         {with_mounts("a", {mount("maps")})},
         {},
         {"a"},
         {"broker.service", "bridge.service"}},
        {"those that come after it wait as well",
         {with_mounts("a", {}), with_mounts("b", {mount("logs")}), with_mounts("c", {})},
         {"a"},
         {"b", "c"},
         {"clock.service"}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        const auto data = update_of(each.inits);
        CHECK(names(data.early) == each.early);
        CHECK(names(data.late) == each.late);
        CHECK(data.hold == each.hold);
        CHECK(data.hold_bundles.size() == (each.hold.empty() ? 0U : 1U));
    }
}

TEST_CASE("An add-on's init container stops the base's containers on the volume that they share") {
    const auto there = installed_from({candidate(base("1.0.0", {}))});
    auto view = described("view", "1.0.0", {"panel"});
    view.requires_bundles = {requirement("base", "*")};
    view.init_containers = {with_mounts("fill", {mount("maps")})};
    const auto plan =
        make_plan(there, {.add = {candidate(view, '2')}, .remove = {}}, facts()).value();
    CHECK(names(plan.data.late) == Names{"fill"});
    CHECK(plan.data.hold == Names{"broker.service", "bridge.service"});
    CHECK(plan.data.hold_bundles == std::vector{id("base")});
    CHECK(plan.restart.empty());
    CHECK(plan.restart_order == Names{"broker.service", "bridge.service"});
    REQUIRE(plan.volumes.size() == 1);
    CHECK(plan.volumes[0].host_path == "/opt/data/base/maps");
}

TEST_CASE("What stops for good is not held") {
    const auto there = installed_from({candidate(base("1.0.0", {}))});
    auto newer = base("1.1.0", {with_mounts("a", {mount("maps"), mount("logs")})});
    newer.containers.pop_back();
    const auto plan = make_plan(there, {.add = {candidate(newer, '2')}, .remove = {}}, facts());
    CHECK(plan.value().data.hold == Names{"broker.service", "bridge.service"});
}

TEST_CASE("Where all that have the volumes stop for good, their bundle is held nevertheless") {
    const auto there = installed_from({candidate(base("1.0.0", {}))});
    auto newer = base("1.1.0", {with_mounts("a", {mount("maps"), mount("logs")})});
    for (auto& container : newer.containers) {
        container.name = model::ContainerName::parse(container.name.value() + "-two").value();
        container.requires_containers.clear();
    }
    const auto plan = make_plan(there, {.add = {candidate(newer, '2')}, .remove = {}}, facts());
    CHECK(plan.value().data.hold.empty());
    CHECK(plan.value().data.hold_bundles == std::vector{id("base")});
    // Going back, nothing of it starts before its data is back.
    const auto removal = make_plan(there, {.add = {}, .remove = {id("base")}}, facts());
    CHECK(removal.value().data.hold_bundles.empty());
}

TEST_CASE("What is put back is not initialised again") {
    auto back = candidate(base("1.0.0", {with_mounts("a", {mount("maps")})}));
    back.kept = true;
    for (const auto& container : back.description.containers)
        back.specs.emplace(container.name, containers::make_create_spec(id("base"), container));
    const auto plan = make_plan({}, {.add = {back}, .remove = {}}, facts()).value();
    CHECK(plan.data.early.empty());
    CHECK(plan.data.late.empty());
}

TEST_CASE("An init container's volumes and name are checked like a container's") {
    const auto there = installed_from({candidate(base("1.0.0", {with_mounts("setup", {})}))});
    auto view = described("view", "1.0.0", {"setup"});
    view.requires_bundles = {requirement("base", "*")};
    view.init_containers = {with_mounts("clock", {mount("none"), mount("logs")})};
    const auto plan = make_plan(there, {.add = {candidate(view, '2')}, .remove = {}}, facts());
    REQUIRE_FALSE(plan);
    const auto text = model::to_error(plan.error()).text();
    for (const auto* part :
         {"'setup' is taken by the bundle base", "'clock' is taken by the bundle base",
          "init-containers[0].mounts[0].volume: there is no volume 'none'",
          "init-containers[0].mounts[1].volume: the volume 'logs' of base 1.0.0 is not shared"}) {
        INFO(part << " in " << text);
        CHECK(text.find(part) != std::string::npos);
    }
}

TEST_CASE("The data of a set that is put back is put back while what has it is stopped") {
    const auto there = installed_from({candidate(base("1.0.0", {}))});
    auto back = candidate(base("0.9.0", {with_mounts("a", {mount("maps")})}), '2');
    back.kept = true;
    const std::vector<planning::RestoreData> data = {
        {.host_path = "/opt/data/base/logs", .snapshot = "/opt/data/.update-agent/1/logs"},
        {.host_path = "/opt/data/base/gone", .snapshot = "/opt/data/.update-agent/1/gone"}};
    const auto plan =
        make_plan(there, {.add = {back}, .remove = {}, .restores = data}, facts()).value();
    CHECK(plan.data.early.empty());
    REQUIRE(plan.data.late.size() == 1);
    CHECK(std::get<planning::RestoreData>(plan.data.late[0]) == data[0]);
    CHECK(plan.data.hold == Names{"clock.service"});
}

TEST_CASE("No volume lies where snapshots are kept") {
    auto bundle = base("1.0.0", {});
    bundle.volumes[0].host_path = "/opt/data/.update-agent/3";
    const auto plan = make_plan({}, {.add = {candidate(bundle)}, .remove = {}}, facts());
    REQUIRE_FALSE(plan);
    CHECK(
        model::to_error(plan.error()).text().find("/opt/data/.update-agent is for the snapshots") !=
        std::string::npos);
}
