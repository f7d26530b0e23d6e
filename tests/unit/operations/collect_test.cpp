// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/collect.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

using namespace agent;

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
        const auto garbage = operations::find_garbage(sets, each.current, each.keep, kept, ours,
                                                      {image('a'), image('b'), image('c')});
        CHECK(garbage.generations == each.garbage.generations);
        CHECK(garbage.bundles == each.garbage.bundles);
        CHECK(garbage.containers == each.garbage.containers);
        CHECK(garbage.images == each.garbage.images);
    }
    // An image is only named when a generation that is dropped now used it.
    CHECK(operations::find_garbage({generation(5, {})}, 5, 1, {}, {}, {image('a')}) ==
          operations::Garbage{});
    // One that was there before the agent used it stays.
    CHECK(operations::find_garbage(sets, 4, 1, kept, ours, {image('b')}).images ==
          std::vector{image('b')});
}
