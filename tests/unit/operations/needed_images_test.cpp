// SPDX-License-Identifier: GPL-3.0-or-later
// Images of init containers and file providers are kept, brought, restored and collected like those
// of containers.
#include <algorithm>

#include "agent/operations/collect.hpp"
#include "agent/operations/restore_engine.hpp"
#include "agent/operations/steps.hpp"
#include "agent/planning/space.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

using namespace agent;

namespace {

const std::vector<std::string> kNames = {"localhost/image:1", "localhost/setup:1",
                                         "localhost/files:1"};

model::Sha256 image(char c) {
    return model::Sha256::parse(std::string(64, c)).value();
}

planning::Candidate everything() {
    auto description = example::described("base", "1.0.0", {"broker"});
    auto setup = example::container("setup");
    setup.image = kNames[1];
    setup.image_id = image('c');
    description.init_containers = {setup};
    description.file_providers = {{.image = kNames[2], .image_id = image('d'), .copy = {}}};
    return example::candidate(description);
}

std::vector<std::string> brought_by(const std::vector<operations::Effect>& effects) {
    std::vector<std::string> names;
    for (const auto& effect : effects)
        if (const auto* bring = std::get_if<operations::BringImage>(&effect))
            names.push_back(bring->name);
    return names;
}

}  // namespace

TEST_CASE("An installation brings the images of all that a bundle runs or copies from") {
    const auto plan = make_plan({}, {.add = {everything()}, .remove = {}}, example::facts());
    const auto effects = operations::effects_of(plan.value(), {.current_generation = 1,
                                                               .reason = "install",
                                                               .time = {},
                                                               .engine = {},
                                                               .containers = {},
                                                               .brought_images = {},
                                                               .kept = {}});
    CHECK(brought_by(effects) == kNames);
}

TEST_CASE("Space is counted while any image of a bundle is missing") {
    const auto plan =
        make_plan({}, {.add = {everything()}, .remove = {}}, example::facts()).value();
    const auto own = *everything().description.containers[0].image_id;
    CHECK(planning::space_needed(plan, {own, image('c')}).engine > 0);
    CHECK(planning::space_needed(plan, {own, image('c'), image('d')}).engine == 0);
}

TEST_CASE("A lost store gets the images of all that a bundle runs or copies from") {
    const auto set = example::installed_from({everything()});
    CHECK(brought_by(operations::missing_from_engine(set, {}, {})) == kNames);
}

TEST_CASE("Images are garbage when no kept generation runs or copies from them") {
    const auto set = example::installed_from({everything()});
    auto empty = model::InstalledSet{};
    empty.generation = 2;
    const std::set<model::Sha256> brought = {image('c'), image('d')};
    CHECK(operations::find_garbage({set, empty}, 2, 2, {}, {}, brought).images.empty());
    CHECK(operations::find_garbage({set, empty}, 2, 1, {}, {}, brought).images ==
          std::vector{image('c'), image('d')});
}
