// SPDX-License-Identifier: GPL-3.0-or-later
// That an effect is begun is on disk before it is: a power cut loses what was not synced.
#include <algorithm>
#include <optional>

#include "tests/unit/operations/journal_cases.hpp"

using namespace test;

namespace {

bool is_of_journal(const Call& call) {
    return call.path.ends_with("/transaction/journal");
}

bool is_sync(const Call& call) {
    return call.name == "fsync" || call.name == "fdatasync";
}

}  // namespace

TEST_CASE("Whatever an operation begins is in the journal, and that on disk, before it is begun") {
    const auto& operation = GENERATE(from_range(mortal_operations()));
    INFO(operation.name);
    Scene scene;
    operation.arrange(scene);
    std::vector<std::string> begun;
    std::size_t checked = 0;
    // Each step is told after its record and before its effect.
    scene.progress.at_step = [&](const std::string& step) {
        const auto calls = Faults::stop_recording();
        const auto written = std::find_if(calls.rbegin(), calls.rend(), [](const Call& call) {
            return is_of_journal(call) && call.name == "write";
        });
        INFO(step);
        if (written != calls.rend()) {
            CHECK(std::any_of(calls.rbegin(), written, [](const Call& call) {
                return is_of_journal(call) && is_sync(call);
            }));
            ++checked;
        }
        Faults::start_recording();
    };
    Faults::start_recording();
    CHECK(operation.run(scene).has_value() != operation.fails);
    static_cast<void>(Faults::stop_recording());
    CHECK(checked >= 5);
}
