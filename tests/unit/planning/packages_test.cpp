// SPDX-License-Identifier: GPL-3.0-or-later
// Debian packages that bundles want: refused where they are missing, planned where they may come.
#include "agent/planning/space.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

namespace {

using namespace example;
using agent::planning::MachineFacts;
using agent::planning::make_plan;
using model::ErrorCode;

planning::Candidate tool() {
    auto description = described("tool");
    description.host_packages = {{"driver", ">=", "2"}, {"firmware", "", ""}};
    return candidate(std::move(description));
}

/// Of a machine that lacks the driver, and has an old firmware.
MachineFacts lacking() {
    auto machine = facts();
    machine.missing_packages = {{"driver (>= 2)", ""}};
    return machine;
}

model::Problems refused(const MachineFacts& machine) {
    const auto plan = make_plan({}, {.add = {tool()}, .remove = {}}, machine);
    return plan ? model::Problems{} : plan.error();
}

const model::PackageProposal kProposal{
    .packages = {{.name = "driver", .architecture = "amd64", .version = "2.1"}},
    .download = 10,
    .disk = 30,
    .refusals = {}};

}  // namespace

TEST_CASE("A missing package is refused with both ways to bring it, an old one with one") {
    auto machine = lacking();
    machine.missing_packages.emplace("firmware", "1.0");
    const auto problems = refused(machine);
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].code == ErrorCode::conflict);
    CHECK(problems[0].message == "needs the Debian package driver (>= 2), which is not installed");
    CHECK(problems[0].hint == "apt install driver, or --install-host-packages brings it");
    // It would be an upgrade.
    CHECK(problems[1].hint == "apt install firmware");
}

TEST_CASE("What can be installed is a part of the plan, with its bytes") {
    auto machine = lacking();
    machine.packages = kProposal;
    const auto plan = make_plan({}, {.add = {tool()}, .remove = {}}, machine);
    REQUIRE(plan);
    CHECK(plan->host_packages == kProposal);
    CHECK(space_needed(*plan).packages == 40);
    CHECK(make_plan({}, {.add = {tool()}, .remove = {}}, facts())->host_packages.packages.empty());
}

TEST_CASE("What keeps packages from coming is told of the bundle, or of all of them once") {
    auto machine = lacking();
    machine.packages = kProposal;
    machine.packages->refusals = {
        {.package = "driver", .text = "no source has it", .hint = "apt-get update"},
        {.package = "", .text = "would remove procps", .hint = "apt install driver"},
        {.package = "", .text = "nobody signed it", .hint = "", .untrusted = true}};
    auto other = tool();
    other.description = described("other");
    const auto plan = make_plan({}, {.add = {tool(), other}, .remove = {}}, machine);
    REQUIRE_FALSE(plan);
    const auto& problems = plan.error();
    REQUIRE(problems.size() == 3);
    CHECK(problems[0].where == "tool 1.0.0");
    CHECK(problems[0].message == "needs the Debian package driver (>= 2); no source has it");
    CHECK(problems[0].hint == "apt-get update");
    CHECK(problems[1].where.empty());
    CHECK(problems[1].message == "the Debian packages: would remove procps");
    CHECK(problems[2].code == ErrorCode::untrusted);
}
