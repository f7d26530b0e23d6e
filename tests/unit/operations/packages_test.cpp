// SPDX-License-Identifier: GPL-3.0-or-later
// Debian packages that come with a bundle: planned, installed, taken back.
#include <algorithm>

#include "agent/operations/doctor.hpp"
#include "agent/operations/recover.hpp"
#include "agent/store/history.hpp"
#include "agent/store/journal.hpp"
#include "tests/unit/operations/package_cases.hpp"

using namespace test;

namespace {

std::string version_of(const Scene& scene, const std::string& package) {
    const auto found = scene.packages.versions.find(package);
    return found == scene.packages.versions.end() ? "" : found->second;
}

/// With the sources, and the base bundle that runs.
struct Machine : Scene {
    Machine() {
        have({bundles().base});
        fill_sources(*this);
        faults.forget_calls();
    }
};

long calls(const Scene& scene, const std::string& name) {
    const auto& all = scene.faults.calls();
    return std::count(all.begin(), all.end(), name);
}

void never_ready(Scene& scene, const std::string& service) {
    scene.services.never_ready.insert(service);
}

}  // namespace

TEST_CASE("Debian packages that a bundle wants are installed with it, dependencies included") {
    Machine scene;
    const auto outcome = must(scene.install_with_packages({tool_bundle()}));
    CHECK(
        outcome.plan.host_packages.packages ==
        std::vector<model::NewPackage>{
            {.name = "driver", .architecture = "amd64", .version = "2.0"},
            {.name = "firmware", .architecture = "amd64", .version = "1:7-1", .automatic = true}});
    CHECK(version_of(scene, "driver") == "2.0");
    CHECK(version_of(scene, "firmware") == "1:7-1");
    CHECK(scene.active("hammer.service"));
    // The bundle was read before anything of the machine was touched, and images come after.
    const auto& steps = scene.progress.steps;
    const auto at = [&steps](const std::string& text) {
        return std::find_if(steps.begin(), steps.end(),
                            [&text](const auto& step) { return has(step, text); });
    };
    CHECK(at("unpacking tool") < at("installing the Debian packages driver 2.0, firmware 1:7-1"));
    CHECK(at("installing the Debian packages") < at("bringing in image localhost/hammer:1"));
    const auto notes = must(store::read_history(scene.paths())).back().notes;
    CHECK(std::count(notes.begin(), notes.end(),
                     "with the Debian packages driver 2.0, firmware 1:7-1, by "
                     "--install-host-packages") == 1);
}

TEST_CASE("They stay when the bundle is removed, and when an earlier set is put back") {
    Machine scene;
    must(scene.install_with_packages({tool_bundle()}));
    SECTION("removed") {
        must(scene.remove({"tool"}));
    }
    SECTION("put back") {
        must(operations::change(scene.context(), {.operation = "rollback",
                                                  .install = {},
                                                  .remove = {},
                                                  .restore = operations::Restore{}}));
    }
    CHECK_FALSE(scene.active("hammer.service"));
    CHECK(version_of(scene, "driver") == "2.0");
    CHECK(version_of(scene, "firmware") == "1:7-1");
}

TEST_CASE("A dry run tells of them and of their bytes, and installs nothing") {
    Machine scene;
    const auto before = scene.snapshot();
    const auto outcome = must(scene.install_with_packages({tool_bundle()}, true));
    CHECK(outcome.plan.host_packages.packages.size() == 2);
    CHECK(outcome.plan.host_packages.download == 200);
    CHECK(outcome.space.packages == 400);
    CHECK(scene.snapshot() == before);
}

TEST_CASE("Nobody is asked for packages without the option, or where none is missing") {
    Machine scene;
    SECTION("without the option") {
        const auto refused = scene.install({tool_bundle()});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == ErrorCode::conflict);
        CHECK(has(refused.error().text(), "needs the Debian package driver (>= 2.0)"));
        CHECK(has(refused.error().text(), "--install-host-packages"));
    }
    SECTION("all there") {
        scene.packages.versions["driver"] = "2.0";
        must(scene.install_with_packages({tool_bundle()}));
    }
    SECTION("installed already, though a package went since") {
        scene.packages.versions["driver"] = "2.0";
        scene.have({tool_bundle()});
        scene.packages.versions.erase("driver");
        CHECK(must(scene.install_with_packages({tool_bundle()})).plan.nothing_to_do());
    }
    CHECK(calls(scene, "installer.install") == 0);
    CHECK(version_of(scene, "firmware").empty());
}

TEST_CASE("What cannot be installed is refused while planning, all of it at once") {
    Machine scene;
    scene.installer.sources.erase("firmware");
    const auto before = scene.snapshot();
    const auto refused = scene.install_with_packages({tool_bundle()});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::conflict);
    CHECK(has(refused.error().text(), "no package source has firmware"));
    scene.installer.sources.clear();
    CHECK(has(scene.install_with_packages({tool_bundle()}).error().text(),
              "tool 1.0.0: host-packages: needs the Debian package driver (>= 2.0); no package "
              "source has driver"));
    CHECK(scene.snapshot() == before);
}

TEST_CASE("Below another root no packages are installed") {
    Machine scene;
    const auto refused = operations::change(scene.context(true), {.operation = "install",
                                                                  .install = {tool_bundle()},
                                                                  .remove = {},
                                                                  .install_host_packages = true});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::conflict);
    CHECK(has(refused.error().text(), "on the running machine only"));
}

TEST_CASE("There has to be space for what is downloaded and for what it unpacks to") {
    Machine scene;
    scene.machine.free = scene.configuration.reserve + 399;
    const auto refused = scene.install_with_packages({tool_bundle()});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::no_space);
    CHECK(version_of(scene, "driver").empty());
}

TEST_CASE("Packages go again when the installation fails, before the switch or after it") {
    Machine scene;
    const auto before = scene.snapshot();
    SECTION("a package breaks in the middle") {
        scene.installer.broken.emplace(
            "firmware", model::Error(ErrorCode::unreachable, "mirror.example: no route"));
        const auto failed = scene.install_with_packages({tool_bundle()});
        REQUIRE_FALSE(failed);
        CHECK(failed.error().code() == ErrorCode::unreachable);
        CHECK(has(failed.error().text(), "mirror.example: no route"));
        CHECK(has(failed.error().text(), "nothing was changed"));
    }
    SECTION("the set does not become healthy") {
        never_ready(scene, "hammer.service");
        const auto failed = scene.install_with_packages({tool_bundle()});
        REQUIRE_FALSE(failed);
        CHECK(failed.error().code() == ErrorCode::unhealthy);
    }
    INFO(difference(before, scene.snapshot()));
    CHECK(scene.snapshot().packages == before.packages);
    CHECK_FALSE(store::has_journal(scene.paths()));
    CHECK(scene.active("broker.service"));
}

TEST_CASE("What something else depends on by then stays, with a warning") {
    Machine scene;
    never_ready(scene, "hammer.service");
    scene.installer.needs["game"] = {"firmware"};
    REQUIRE_FALSE(scene.install_with_packages({tool_bundle()}));
    CHECK(version_of(scene, "driver").empty());
    CHECK(version_of(scene, "firmware") == "1:7-1");
    const auto& warnings = scene.progress.warnings;
    CHECK(std::count(warnings.begin(), warnings.end(), "Debian packages: firmware stays") == 1);
    const auto notes = must(store::read_history(scene.paths())).back().notes;
    CHECK(std::count(notes.begin(), notes.end(), "Debian packages: firmware stays") == 1);
}

TEST_CASE("Packages that cannot be taken out yet are taken out by the next who comes") {
    Machine scene;
    never_ready(scene, "hammer.service");
    scene.progress.at_step = [&scene](const std::string& what) {
        // As where somebody has dpkg's lock, at both tries.
        scene.faults.heal();
        if (has(what, "undoing: installing the Debian packages")) scene.faults.fail_from(1);
    };
    REQUIRE_FALSE(scene.install_with_packages({tool_bundle()}));
    scene.faults.heal();
    scene.progress.at_step = [](const std::string&) {};
    CHECK(version_of(scene, "driver") == "2.0");
    CHECK(store::has_journal(scene.paths()));
    must(operations::recover(scene.context()));
    CHECK(version_of(scene, "driver").empty());
    CHECK(version_of(scene, "firmware").empty());
    CHECK_FALSE(store::has_journal(scene.paths()));
}

TEST_CASE("The package manager has the agent's lock open while an operation runs, and not after") {
    Machine scene;
    int during = -1;
    scene.progress.at_step = [&](const std::string&) { during = scene.installer.kept_open; };
    must(scene.install_with_packages({tool_bundle()}));
    CHECK(during >= 0);
    CHECK(scene.installer.kept_open == -1);
}

TEST_CASE("A package that an installed bundle wants and that went is a finding of doctor") {
    Machine scene;
    must(scene.install_with_packages({tool_bundle()}));
    const auto finding = [&scene] {
        const auto checks = operations::examine(scene.context());
        return *std::find_if(checks.begin(), checks.end(),
                             [](const auto& check) { return check.name == "host packages"; });
    };
    CHECK(finding().finding == operations::Finding::good);
    scene.packages.versions.erase("driver");
    CHECK(finding().finding == operations::Finding::failure);
    CHECK(has(finding().text, "driver (>= 2.0)"));
    CHECK(finding().advice == "apt install driver");
}
