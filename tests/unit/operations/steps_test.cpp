// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/steps.hpp"

#include <algorithm>
#include <chrono>

#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

using namespace agent;
using namespace std::chrono_literals;

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
    const auto plan =
        make_plan({}, {.add = {candidate(view), candidate(base)}, .remove = {}}, facts()).value();
    operations::StepInput input{.current_generation = 1,
                                .reason = "install",
                                .time = {},
                                .engine = {},
                                .containers = {},
                                .brought_images = {},
                                .kept = {},
                                .offline = false,
                                .systemd_version = 252};
    const auto made = [&](const char* container_name) {
        return "creating container " + plan.specs.at(name(container_name)).container.podman_name;
    };

    CHECK(lines(operations::effects_of(plan, input)) ==
          std::vector<std::string>{
              "unpacking base 1.0.0", "unpacking view 2.0.0", "bringing in image localhost/image:1",
              "bringing in image localhost/other:1", made("bridge"), made("broker"), made("panel"),
              "syncing the image store", "writing generation 2", "looking at what runs",
              "switching to generation 2",
              "starting installed-bundles.target base.target view.target", "watching the health",
              "noting the state of generation 2"});

    SECTION("what the engine has is not brought again") {
        input.engine.images = {{*base.containers[0].image_id, {base.containers[0].image}},
                               {*base.containers[1].image_id, {"localhost/by-another-name:1"}}};
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
        CHECK(lines(operations::effects_of(plan, input)) ==
              std::vector<std::string>{
                  "unpacking base 1.0.0", "unpacking view 2.0.0", "naming image localhost/other:1",
                  made("bridge"), made("panel"), "syncing the image store", "writing generation 2",
                  "looking at what runs", "switching to generation 2",
                  "starting installed-bundles.target base.target view.target",
                  "watching the health", "noting the state of generation 2"});
    }
    SECTION("volumes are made ready before the containers that mount them") {
        model::Volume maps;
        maps.name = "maps";
        base.volumes = {maps};
        base.containers[0].mounts = {{"maps", "/maps", false, ""}};
        const auto with_volume =
            make_plan({}, {.add = {candidate(base)}, .remove = {}}, facts()).value();
        input.volumes = {{.missing = 2}};
        const auto effects = operations::effects_of(with_volume, input);
        const auto texts = lines(effects);
        const auto prepared =
            std::find(texts.begin(), texts.end(), "preparing volume /opt/data/base/maps");
        REQUIRE(prepared != texts.end());
        CHECK(std::next(prepared)->starts_with("creating container "));
        const auto& effect = std::get<operations::PrepareVolume>(
            effects[static_cast<std::size_t>(prepared - texts.begin())]);
        CHECK(effect.former == volumes::Former{.missing = 2});
    }
    SECTION("below another root nothing is brought, created or started") {
        input.offline = true;
        CHECK(lines(operations::effects_of(plan, input)) ==
              std::vector<std::string>{"unpacking base 1.0.0", "unpacking view 2.0.0",
                                       "writing generation 2", "switching to generation 2",
                                       "noting the state of generation 2"});
    }
    SECTION("a removal stops, then switches") {
        const auto set = installed_from({candidate(base), candidate(view)});
        const auto removal =
            make_plan(set, {.add = {}, .remove = {id("base"), id("view")}}, facts()).value();
        CHECK(lines(operations::effects_of(removal, input)) ==
              std::vector<std::string>{
                  "writing generation 2", "looking at what runs",
                  "stopping view-restart.target view.target panel.service "
                  "update-agent-pause@panel:60.service base-restart.target base.target "
                  "broker.service update-agent-pause@broker:60.service bridge.service "
                  "update-agent-pause@bridge:60.service",
                  "switching to generation 2", "noting the state of generation 2"});
    }
    SECTION("an update judges what changed, what runs, and leaves the rest") {
        const auto set = installed_from({candidate(base), candidate(view)});
        auto newer = base;
        newer.version = version("1.1.0");
        newer.containers[0].command = {"other"};
        newer.containers[1].name = name("wire");
        const auto update =
            make_plan(set, {.add = {candidate(newer, 'b')}, .remove = {}}, facts()).value();
        const auto effects = operations::effects_of(update, input);
        CHECK(to_string(*(effects.end() - 5)) ==
              "stopping base-restart.target bridge.service update-agent-pause@bridge:60.service");
        const auto& activate = std::get<operations::Activate>(*(effects.end() - 4));
        CHECK(activate.restart == std::vector<std::string>{"broker.service"});
        CHECK(activate.pauses == std::vector<std::string>{"update-agent-pause@broker:60.service"});
        CHECK(activate.replaced_targets == std::vector<std::string>{"base.target"});
        const auto& start = std::get<operations::StartUnits>(*(effects.end() - 3));
        CHECK(start.targets.empty());
        CHECK(start.replaced_targets == std::vector<std::string>{"base.target"});
        CHECK(start.added == std::vector<std::string>{"base-restart.target", "wire.service",
                                                      "update-agent-pause@wire:60.service"});
        const auto& watch = std::get<operations::WatchHealth>(*(effects.end() - 2));
        CHECK(watch.containers.empty());
        REQUIRE(watch.changed.size() == 1);
        CHECK(watch.changed.at("base.target").size() == 2);
        REQUIRE(watch.untouched.size() == 1);
        CHECK(watch.untouched[0].service == "panel.service");
    }
    SECTION("what stays keeps the arguments that it was created with") {
        const auto set = installed_from({candidate(base)});
        const auto adding =
            make_plan(set, {.add = {candidate(view)}, .remove = {}}, facts()).value();
        input.containers = {{"broker", "as it was"}, {"bridge", "too"}, {"gone", "removed"}};
        const auto effects = operations::effects_of(adding, input);
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
        const auto effects = operations::effects_of(plan, input);
        const auto brought = std::find_if(effects.begin(), effects.end(), [](const auto& each) {
            return std::holds_alternative<operations::BringImage>(each);
        });
        CHECK(std::get<operations::BringImage>(*brought).named_before ==
              base.containers[1].image_id);
    }
    SECTION("bundles may start one after another, and settle together") {
        view.start_timeout = 200s;
        base.settle_time = 30s;
        const auto slow =
            make_plan({}, {.add = {candidate(view), candidate(base)}, .remove = {}}, facts())
                .value();
        const auto effects = operations::effects_of(slow, input);
        const auto& watch = std::get<operations::WatchHealth>(*(effects.end() - 2));
        CHECK(watch.bounds.start_timeout == 200s + base.start_timeout);
        CHECK(watch.bounds.settle_time == 30s);
        CHECK(watch.containers.size() == 3);
    }
}

TEST_CASE("An update that changes no container is watched as long as its bundle says") {
    using namespace example;
    const auto before = installed_from({candidate(described("base", "1.0.0", {"broker"}))});
    auto newer = described("base", "1.1.0", {"broker"});
    newer.start_timeout = 7s;
    newer.settle_time = 3s;
    const auto plan =
        planning::make_plan(before, {.add = {candidate(newer, '2')}, .remove = {}}, facts());
    REQUIRE(plan);
    REQUIRE(plan->restart.empty());
    operations::StepInput input;
    input.systemd_version = 252;
    unsigned watches = 0;
    for (const auto& effect : operations::effects_of(*plan, input)) {
        const auto* watch = std::get_if<operations::WatchHealth>(&effect);
        if (watch == nullptr) continue;
        ++watches;
        CHECK(watch->bounds.start_timeout == 7s);
        CHECK(watch->bounds.settle_time == 3s);
        CHECK(watch->untouched.size() == 1);
    }
    CHECK(watches == 1);
}
