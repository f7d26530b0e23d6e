// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/run_status.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::host::Event;
using agent::host::Happening;
using nlohmann::json;

namespace {

Event event(Happening what) {
    return {.what = what,
            .transaction = "t1",
            .operation = "install",
            .bundles = {"base 1.0.0"},
            .generation_before = 3,
            .generation_now = 4,
            .who = "tester (0)"};
}

json written(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return json::parse(stream);
}

}  // namespace

TEST_CASE("The status of an operation says what is done, and then what came of it") {
    const test::TemporaryDirectory dir;
    const auto file = dir.path() / "run/status.json";
    agent::machine::RunStatus status(file);
    status.write(event(Happening::begun));
    CHECK(written(file) == json{{"format", 1},
                                {"state", "installing"},
                                {"transaction", "t1"},
                                {"operation", "install"},
                                {"bundles", {"base 1.0.0"}},
                                {"who", "tester (0)"},
                                {"generation-before", 3},
                                {"generation-now", 4},
                                {"exit-code", nullptr},
                                {"reason", nullptr}});
    auto failed = event(Happening::going_back);
    failed.reason = "broke \xff";
    status.write(failed);
    CHECK(written(file)["state"] == "rolling-back");
    CHECK(written(file)["reason"] == "broke \xEF\xBF\xBD");
    failed.what = Happening::undone;
    failed.exit_code = 8;
    status.write(failed);
    CHECK(written(file)["state"] == "idle");
    CHECK(written(file)["exit-code"] == 8);
    status.write(event(Happening::resumed));
    CHECK(written(file)["state"] == "installing");
    status.write(event(Happening::done));
    CHECK(written(file)["exit-code"] == 0);
    CHECK(std::distance(std::filesystem::directory_iterator(file.parent_path()), {}) == 1);
}

TEST_CASE("A status that cannot be written leaves the one before") {
    const test::TemporaryDirectory dir;
    const auto file = dir.path() / "status.json";
    agent::machine::RunStatus status(file);
    status.write(event(Happening::begun));
    std::filesystem::create_directory(dir.path() / "status.json.new");
    status.write(event(Happening::done));
    CHECK(written(file)["state"] == "installing");
}
