// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/doctor.hpp"
#include "agent/operations/status.hpp"
#include "agent/store/history.hpp"
#include "agent/store/journal.hpp"
#include "tests/unit/crypto/pki.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;
using operations::Finding;

namespace {

/// The checks that are not good, by name.
std::map<std::string, operations::Check> findings(Scene& scene, bool offline = false) {
    std::map<std::string, operations::Check> found;
    for (const auto& check : operations::examine(scene.context(offline)))
        if (check.finding != Finding::good) found.emplace(check.name, check);
    return found;
}

}  // namespace

TEST_CASE("A machine on which all is well has no finding") {
    Scene scene;
    scene.have({bundles().base, bundles().view});
    scene.services.units["update-agent-store.service"].active = "active";
    const auto before = scene.snapshot();
    const auto checks = operations::examine(scene.context());
    CHECK(checks.size() == 14);
    for (const auto& check : checks) {
        INFO(check.name << ": " << check.text);
        CHECK(check.finding == Finding::good);
        CHECK(check.advice.empty());
    }
    CHECK(difference(before, scene.snapshot()).empty());
}

TEST_CASE("Each thing that is wrong is found alone, and says what to do") {
    struct Case {
        const char* name;
        Finding finding;
        std::function<void(Scene&)> arrange;
        std::string says;
    };
    const std::vector<Case> cases = {
        {"packages", Finding::failure, [](Scene& s) { s.packages.versions.erase("podman"); },
         "podman is not installed"},
        {"images and containers", Finding::failure,
         [](Scene& s) { s.engine.made.erase(s.engine.made.begin()); }, "creating container bridge"},
        {"wedged containers", Finding::failure,
         [](Scene& s) { s.services.units["broker.service"].active = "failed"; }, "broker-"},
        {"unit names", Finding::failure,
         [](Scene& s) {
             s.services.foreign["broker.service"] = "/etc/systemd/system/broker.service";
         },
         "/etc/systemd/system/broker.service"},
        {"unit names", Finding::failure,
         [](Scene& s) {
             s.services.foreign["base-restart.target"] = "/etc/systemd/system/base-restart.target";
         },
         "/etc/systemd/system/base-restart.target"},
        {"engine store", Finding::warning,
         [](Scene& s) { s.services.units.erase("update-agent-store.service"); }, "clean shutdown"},
        {"trust anchors", Finding::warning,
         [](Scene& s) { std::filesystem::remove_all(s.root() / "etc"); }, "none"},
        {"trust anchors", Finding::warning,
         [](Scene& s) { s.configuration.signed_bundles_only = false; }, "unsigned"},
        {"trust anchors", Finding::failure,
         [](Scene& s) { write_text(s.root() / "etc/update-agent/trust.d/vendor.pem", "x"); },
         "vendor.pem"},
        {"clock", Finding::warning,
         [](Scene& s) { s.machine.time = std::chrono::system_clock::time_point{}; }, "before"},
        {"space", Finding::warning, [](Scene& s) { s.machine.free = 1000; }, "reserve"},
        {"transaction", Finding::warning,
         [](Scene& s) { must(store::Journal::begin(s.paths(), "{}")); }, "interrupted"},
        {"installed set", Finding::failure,
         [](Scene& s) { write_text(s.paths().generation(1) / "generation.toml", "x"); },
         "generation.toml"},
    };
    for (const auto& each : cases) {
        INFO(each.name << ": " << each.says);
        Scene scene;
        scene.have({bundles().base});
        scene.services.units["update-agent-store.service"].active = "active";
        each.arrange(scene);
        const auto found = findings(scene);
        REQUIRE(found.count(each.name) == 1);
        const auto& check = found.at(each.name);
        CHECK(check.finding == each.finding);
        INFO(check.text);
        CHECK(has(check.text, each.says));
        // What is damaged may keep other checks from their work; they say that.
        CHECK((found.size() == 1 || std::string(each.name) == "installed set"));
    }
}

TEST_CASE("An engine and a service manager that do not answer are found, and the rest goes on") {
    Scene scene;
    scene.have({bundles().base});
    scene.faults.fail_from(1);
    const auto found = findings(scene);
    CHECK(found.count("container engine") == 1);
    CHECK(found.count("service manager") == 1);
    CHECK(found.count("packages") == 0);
    CHECK(found.count("trust anchors") == 0);
}

TEST_CASE("Offline, neither the engine nor the service manager is asked") {
    Scene scene;
    scene.have({bundles().base});
    scene.faults.forget_calls();
    CHECK(findings(scene, true).empty());
    CHECK(scene.faults.calls() == std::vector<std::string>{"machine.free_space"});
}

TEST_CASE("Status is what systemd says, and the engine is not asked") {
    Scene scene;
    scene.have({bundles().base, bundles().view});
    scene.faults.forget_calls();
    auto status = must(operations::status(scene.context()));
    CHECK(scene.faults.calls() == std::vector<std::string>{"services.states"});
    CHECK(status.generation == 1);
    CHECK(status.confirmed);
    REQUIRE(status.bundles.size() == 2);
    CHECK(status.bundles[0].condition == operations::Condition::running);
    REQUIRE(status.bundles[0].containers.size() == 2);
    CHECK(status.bundles[0].containers[0].unit->main_pid != 0);

    scene.services.units["bridge.service"].active = "failed";
    status = must(operations::status(scene.context()));
    CHECK(status.bundles[0].condition == operations::Condition::failed);
    CHECK(status.bundles[0].containers[0].condition == operations::Condition::running);
    CHECK(status.bundles[1].condition == operations::Condition::running);
}

TEST_CASE("Status and doctor tell of an operation that is not settled, and settle nothing") {
    Scene scene;
    scene.have({bundles().base});
    CHECK_FALSE(must(operations::status(scene.context())).unsettled);
    CHECK(findings(scene, true).empty());
    must(store::Journal::begin(scene.paths(), "{}"));
    for (const bool offline : {false, true}) {
        CHECK(must(operations::status(scene.context(offline))).unsettled);
        const auto found = findings(scene, offline);
        REQUIRE(found.count("transaction") == 1);
        CHECK(has(found.at("transaction").advice, "update-agent recover"));
    }
    CHECK(store::has_journal(scene.paths()));
}

TEST_CASE("With nothing installed, status asks nobody") {
    Scene scene;
    const auto status = must(operations::status(scene.context()));
    CHECK(status.bundles.empty());
    CHECK(status.generation == 0);
    CHECK(scene.faults.calls().empty());
}
