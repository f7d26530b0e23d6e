// SPDX-License-Identifier: GPL-3.0-or-later
// Where volumes lie, who may do what in them, and what is refused.
#include <functional>

#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

namespace {

using namespace example;
using agent::planning::make_plan;
using agent::planning::PlannedVolume;
using model::ErrorCode;
using model::Problems;

model::Mount mount(const std::string& volume) {
    return {.volume = volume, .target = "/" + volume, .read_only = false, .propagation = {}};
}

model::Volume volume(const std::string& volume_name, bool shared, const std::string& host_path) {
    return {.name = volume_name,
            .host_path = host_path,
            .shared = shared,
            .file_provider_access = false,
            .read_only_groups = {"readers"},
            .read_write_groups = {"writers"}};
}

/// With a container that mounts both of its volumes, one of which is shared.
model::Description base(std::string_view bundle_version = "1.0.0") {
    auto description = described("base", bundle_version, {"broker"});
    description.type = model::BundleType::base;
    description.groups = {{"readers", 2000}, {"writers", 2001}};
    description.volumes = {volume("maps", true, "/opt/data/maps"), volume("logs", false, {})};
    description.containers[0].mounts = {mount("maps"), mount("logs")};
    return description;
}

/// With a container that mounts the shared volume of the base, and its own.
model::Description view() {
    auto description = described("view", "2.0.0", {"panel"});
    description.requires_bundles = {requirement("base", "*")};
    description.bundle_group = model::Group{"view", 2100};
    description.containers[0].mounts = {mount("maps"), mount("default")};
    description.containers[0].groups = {"readers", "view", "44"};
    return description;
}

std::vector<std::string> options(const agent::planning::Plan& plan, const char* container_name,
                                 const std::string& option) {
    std::vector<std::string> values;
    for (const auto& argument : plan.specs.at(name(container_name)).arguments)
        if (argument.starts_with("--" + option + "="))
            values.push_back(argument.substr(option.size() + 3));
    return values;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("Volumes are made ready with the rights that who defines them gives") {
    const auto plan =
        make_plan({}, {.add = {candidate(view()), candidate(base())}, .remove = {}}, facts())
            .value();
    CHECK(plan.volumes == std::vector<PlannedVolume>{
                              {"/opt/data/base/logs", "base 1.0.0, volume logs", {2000}, {2001}},
                              {"/opt/data/maps", "base 1.0.0, volume maps", {2000}, {2001}},
                              {"/opt/data/view", "view 2.0.0, volume default", {}, {2100}}});
    CHECK(options(plan, "broker", "volume") ==
          Words{"/opt/data/maps:/maps", "/opt/data/base/logs:/logs"});
    CHECK(options(plan, "panel", "volume") ==
          Words{"/opt/data/maps:/maps", "/opt/data/view:/default"});
    CHECK(options(plan, "panel", "group-add") == Words{"2000", "2100", "44"});
    const auto& unit = plan.units.files.at("panel.service");
    CHECK(unit.find("RequiresMountsFor=/opt/operation /opt/data/maps /opt/data/view\n") !=
          std::string::npos);
}

TEST_CASE("Only what comes has its volumes made ready") {
    const auto set = installed_from({candidate(base())});
    SECTION("an add-on, with what it mounts of the base") {
        const auto plan =
            make_plan(set, {.add = {candidate(view())}, .remove = {}}, facts()).value();
        CHECK(plan.volumes == std::vector<PlannedVolume>{
                                  {"/opt/data/maps", "base 1.0.0, volume maps", {2000}, {2001}},
                                  {"/opt/data/view", "view 2.0.0, volume default", {}, {2100}}});
    }
    SECTION("a bundle without volumes") {
        const auto plan = make_plan(
            set, {.add = {candidate(described("clock", "1.0.0", {"ticker"}))}, .remove = {}},
            facts());
        CHECK(plan.value().volumes.empty());
    }
    SECTION("a removal") {
        const auto plan = make_plan(set, {.add = {}, .remove = {id("base")}}, facts());
        CHECK(plan.value().volumes.empty());
    }
}

TEST_CASE("A first root that is another moves what names no place of its own") {
    auto machine = facts();
    machine.render.volume_roots = {"/srv", "/opt/data"};
    const auto plan =
        make_plan({}, {.add = {candidate(base()), candidate(view())}, .remove = {}}, machine)
            .value();
    REQUIRE(plan.volumes.size() == 3);
    CHECK(plan.volumes[0].host_path == "/opt/data/maps");
    CHECK(plan.volumes[1].host_path == "/srv/base/logs");
    CHECK(plan.volumes[2].host_path == "/srv/view");
}

TEST_CASE("A purge deletes what bundle groups of removed bundles brought, and nothing else") {
    const auto set = installed_from({candidate(base()), candidate(view())});
    const auto purged = [&set](const std::vector<model::BundleId>& ids, bool purge) {
        return make_plan(set, {.add = {}, .remove = ids, .purge = purge}, facts()).value().purge;
    };
    CHECK(purged({id("view")}, false).empty());
    CHECK(purged({id("view")}, true) == Words{"/opt/data/view"});
    CHECK(purged({id("base"), id("view")}, true) == Words{"/opt/data/view"});

    SECTION("nor what another bundle has there by now") {
        auto machine = facts();
        machine.render.volume_roots = {"/opt/data/maps"};
        const auto plan =
            make_plan(set, {.add = {}, .remove = {id("view")}, .purge = true}, machine);
        CHECK(plan.value().purge.empty());
    }
}

TEST_CASE("A container follows what another bundle moves") {
    const auto first =
        make_plan({}, {.add = {candidate(base()), candidate(view())}, .remove = {}}, facts())
            .value();
    auto newer = base("1.1.0");
    SECTION("to another place") {
        newer.volumes[0].host_path = "/opt/data/charts";
        const auto plan =
            make_plan(first.result, {.add = {candidate(newer, 'b')}, .remove = {}}, facts())
                .value();
        CHECK(options(plan, "panel", "volume") ==
              Words{"/opt/data/charts:/maps", "/opt/data/view:/default"});
        CHECK(plan.result.find(id("view"))->containers[0] ==
              plan.specs.at(name("panel")).container);
        CHECK(plan.restart == Words{"broker.service", "panel.service"});
    }
    SECTION("to another number") {
        newer.groups[0].gid = 2009;
        const auto plan =
            make_plan(first.result, {.add = {candidate(newer, 'b')}, .remove = {}}, facts())
                .value();
        CHECK(options(plan, "panel", "group-add") == Words{"2009", "2100", "44"});
        CHECK(plan.restart == Words{"panel.service"});
    }
    SECTION("and is left alone where nothing moved") {
        const auto plan =
            make_plan(first.result, {.add = {candidate(newer, 'b')}, .remove = {}}, facts())
                .value();
        CHECK(plan.specs.count(name("panel")) == 0);
        CHECK(plan.restart.empty());
    }
}

TEST_CASE("What cannot be is refused with all reasons") {
    using Change = std::function<void(model::Description & base, model::Description & view)>;
    struct Case {
        const char* what;
        Change change;
        /// Each is a problem of its own; nothing where there is none.
        std::vector<std::string> says;
    };
    const std::vector<Case> cases = {
        {"nothing wrong", [](auto&, auto&) {}, {}},
        {"a volume in one of the same bundle",
         [](auto& b, auto&) { b.volumes[1].host_path = "/opt/data/maps/logs"; },
         {}},
        {"a volume that nobody defines",
         [](auto&, auto& v) { v.containers[0].mounts[0].volume = "charts"; },
         {"view 2.0.0: containers[0].mounts[0].volume: there is no volume 'charts' in this bundle "
          "or in one that it requires (require the bundle that shares it)"}},
        {"a volume that is not shared",
         [](auto&, auto& v) { v.containers[0].mounts[1].volume = "logs"; },
         {"view 2.0.0: containers[0].mounts[1].volume: the volume 'logs' of base 1.0.0 is not "
          "shared (mount a volume that base 1.0.0 shares)"}},
        {"groups that nobody defines",
         [](auto& b, auto&) {
             b.volumes[0].read_only_groups = {"readers", "guests"};
             b.volumes[1].read_write_groups = {"authors"};
         },
         {"base 1.0.0: volumes[0].read-only-groups[1]: there is no group 'guests' in this bundle "
          "or in one that it requires (define it in `groups`)",
          "base 1.0.0: volumes[1].read-write-groups[0]: there is no group 'authors'"}},
        {"a gid that another bundle has",
         [](auto&, auto& v) { v.bundle_group->gid = 2001; },
         {"base 1.0.0: groups[1].gid: 2001 is the gid of the group 'view' of view 2.0.0",
          "view 2.0.0: bundle-group.gid: 2001 is the gid of the group 'writers' of base 1.0.0"}},
        {"a place that another bundle has",
         [](auto& b, auto&) { b.volumes[0].host_path = "/opt/data/view"; },
         {"base 1.0.0: volumes[0].host-path: /opt/data/view meets /opt/data/view, the volume "
          "'default' of view 2.0.0 (choose another place)",
          "view 2.0.0: bundle-group: /opt/data/view meets /opt/data/view, the volume 'maps' of "
          "base 1.0.0"}},
        {"a place in one that another bundle has",
         [](auto& b, auto&) { b.volumes[0].host_path = "/opt/data/view/maps"; },
         {"base 1.0.0: volumes[0].host-path: /opt/data/view/maps meets /opt/data/view",
          "view 2.0.0: bundle-group: /opt/data/view meets /opt/data/view/maps"}},
        {"one place for two volumes",
         [](auto& b, auto&) { b.volumes[1].host_path = "/opt/data/maps"; },
         {"base 1.0.0: volumes[1].host-path: /opt/data/maps is the place of the volume 'maps', "
          "too"}},
        {"places outside of the roots",
         [](auto& b, auto&) {
             b.volumes[0].host_path = "/etc";
             b.volumes[1].host_path = "/opt/data";
         },
         {"base 1.0.0: volumes[0].host-path: /etc is not below /opt/data, where volumes may lie "
          "(choose a place there, or let this one in by 'volume-roots' of agent.toml)",
          "base 1.0.0: volumes[1].host-path: /opt/data is not below /opt/data",
          "base 1.0.0: volumes[1].host-path: /opt/data meets /opt/data/view",
          "view 2.0.0: bundle-group: /opt/data/view meets /opt/data, the volume 'logs'"}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        auto one = base();
        auto other = view();
        each.change(one, other);
        const auto plan =
            make_plan({}, {.add = {candidate(one), candidate(other)}, .remove = {}}, facts());
        const auto problems = plan ? Problems{} : plan.error();
        REQUIRE(problems.size() == each.says.size());
        for (std::size_t i = 0; i < problems.size(); ++i) {
            const auto text = model::to_string(problems[i]);
            INFO(text);
            CHECK(problems[i].code == ErrorCode::conflict);
            CHECK(text.starts_with(each.says[i]));
        }
    }
}

TEST_CASE("An update is refused where it takes away what an add-on mounts") {
    const auto set = installed_from({candidate(base()), candidate(view())});
    auto newer = base("1.1.0");
    newer.volumes[0].shared = false;
    const auto plan = make_plan(set, {.add = {candidate(newer, 'b')}, .remove = {}}, facts());
    REQUIRE_FALSE(plan);
    REQUIRE(plan.error().size() == 1);
    CHECK(model::to_string(plan.error()[0])
              .starts_with("view 2.0.0: containers[0].mounts[0].volume: the volume 'maps' of base "
                           "1.1.0 is not shared"));
}

TEST_CASE("Who misses a bundle is not told of its volumes, too") {
    const auto plan = make_plan({}, {.add = {candidate(view())}, .remove = {}}, facts());
    REQUIRE_FALSE(plan);
    REQUIRE(plan.error().size() == 1);
    CHECK(plan.error()[0].key == "requires");
}

TEST_CASE("Where its text is at hand the line is told, too") {
    auto one = base();
    one.volumes[1].host_path = "/etc";
    auto comes = candidate(one);
    comes.texts.description =
        "volumes = [{name = \"maps\"},\n  {name = \"logs\", host-path = \"/etc\"}]";
    const auto plan = make_plan({}, {.add = {comes}, .remove = {}}, facts());
    REQUIRE_FALSE(plan);
    CHECK(model::to_string(plan.error()[0])
              .starts_with("base 1.0.0:2:19: volumes[1].host-path: /etc is not below /opt/data"));
}
