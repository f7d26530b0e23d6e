// SPDX-License-Identifier: GPL-3.0-or-later
// The agent is killed, or the power cut, at every call that an operation makes; and once more while
// that is settled.
#include <iostream>

#include "agent/operations/recover.hpp"
#include "tests/unit/operations/journal_cases.hpp"

using namespace test;

namespace {

/// What it would have returned nobody learns.
void run_to_its_death(Scene& scene, const MortalOperation& operation, unsigned n) {
    dying_at(scene, n, [&] { [[maybe_unused]] const auto unheard = operation.run(scene); });
}

/// Nothing that was interrupted is in the way of trying again.
void check_again(Scene& scene, const MortalOperation& operation, const Ends& ends) {
    if (scene.services.loaded == ends.after.loaded) return;
    const auto result = operation.run(scene);
    CHECK(result.has_value() != operation.fails);
    check_settled(scene, ends);
    CHECK(scene.services.loaded == ends.after.loaded);
}

}  // namespace

TEST_CASE("An agent that is killed at any call leaves what recover makes the old or the new set",
          "[.series]") {
    unsigned points = 0;
    for (const auto& operation : mortal_operations()) {
        Scene arranged;
        operation.arrange(arranged);
        const auto ends = ends_of(operation, arranged);
        REQUIRE(ends.calls > 40);
        for (unsigned n = 1; n < ends.calls; n += stride(), ++points) {
            INFO(operation.name << ", killed at call " << n << " of " << ends.calls);
            Scene scene(arranged);
            run_to_its_death(scene, operation, n);
            must(operations::recover(scene.context()));
            check_settled(scene, ends);
            check_no_leftovers(scene);
            check_again(scene, operation, ends);
        }
    }
    std::cout << "killed at " << points << " points\n";
    CHECK(points * stride() > 500);
}

TEST_CASE("The power cut at any call, the machine boots the old or the new set by itself",
          "[.series]") {
    unsigned points = 0;
    for (const auto& operation : mortal_operations()) {
        Scene arranged;
        operation.arrange(arranged);
        const auto ends = ends_of(operation, arranged);
        for (unsigned n = 2; n < ends.calls; n += stride(), ++points) {
            INFO(operation.name << ", cut at call " << n << " of " << ends.calls);
            Scene scene(arranged);
            run_to_its_death(scene, operation, n);
            boot(scene);
            check_settled(scene, ends);
            check_again(scene, operation, ends);
        }
    }
    std::cout << "power cut at " << points << " points\n";
    CHECK(points * stride() > 500);
}

TEST_CASE("Recovery that is killed at any call is done by the next one", "[.series]") {
    constexpr unsigned kEvery = 7;
    unsigned points = 0;
    for (const auto& operation : mortal_operations()) {
        Scene arranged;
        operation.arrange(arranged);
        const auto ends = ends_of(operation, arranged);
        for (unsigned n = 1; n < ends.calls; n += kEvery * stride()) {
            for (unsigned m = 1 + n % stride();; m += stride()) {
                INFO(operation.name << ", killed at call " << n << ", and recovery at " << m);
                Scene scene(arranged);
                run_to_its_death(scene, operation, n);
                bool ended = false;
                dying_at(scene, m,
                         [&] { ended = operations::recover(scene.context()).has_value(); });
                if (ended) break;
                ++points;
                must(operations::recover(scene.context()));
                check_settled(scene, ends);
                check_no_leftovers(scene);
            }
        }
    }
    std::cout << "recovery killed at " << points << " points\n";
    CHECK(points > 20);
}
