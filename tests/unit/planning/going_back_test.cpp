// SPDX-License-Identifier: GPL-3.0-or-later
// What an earlier generation had is put back, and what failed its health is not tried again.
#include <functional>

#include "agent/planning/set_digest.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

namespace {

using namespace example;
using agent::planning::Candidate;
using agent::planning::MachineFacts;
using agent::planning::make_plan;
using agent::planning::Request;
using agent::planning::set_digest;
using model::ErrorCode;

/// As a generation would give it back.
Candidate kept(Candidate candidate) {
    candidate.kept = true;
    candidate.bytes = 0;
    return candidate;
}

model::Description requiring(std::string_view bundle_id, std::string_view range) {
    auto description = described(bundle_id);
    description.requires_bundles = {requirement("base", range)};
    return description;
}

}  // namespace

TEST_CASE("What a kept bundle was judged for once is not judged again, and the rest is") {
    struct Case {
        const char* what;
        model::InstalledSet installed;
        Candidate candidate;
        bool admitted;
    };
    auto of_others = candidate(described("base", "0.9.0"), 'b');
    of_others.anchor = std::string(64, 'e');
    auto not_signed = candidate(described("base", "0.9.0"), 'b');
    not_signed.anchor.clear();
    auto foreign = described("view");
    foreign.architectures = {"riscv64"};
    auto newer_system = described("view");
    newer_system.os = model::VersionRange::parse(">=13").value();
    const auto base = installed_from({candidate(described("base", "1.0.0", {"broker"}), 'a')});
    const std::vector<Case> cases = {
        {"below the floor", {}, candidate(described("old", "1.0.0")), true},
        {"of another signer", base, of_others, true},
        {"unsigned in place of a signed one", base, not_signed, true},
        {"the same version with other content", base, candidate(described("base"), 'b'), true},
        {"an architecture", base, candidate(foreign), false},
        {"an operating system", base, candidate(newer_system), false},
        {"a requirement", base, candidate(requiring("view", "^2")), false},
        {"a container's name", base, candidate(described("view", "1.0.0", {"broker"})), false},
        {"a unit of the host", base, candidate(described("view", "1.0.0", {"ssh"})), false},
    };
    auto machine = facts();
    machine.foreign_units = {{"ssh.service", "/lib/systemd/system/ssh.service"}};
    for (const auto& each : cases) {
        INFO(each.what);
        const Request request{.add = {kept(each.candidate)}, .remove = {}};
        CHECK(make_plan(each.installed, request, machine).has_value() == each.admitted);
        CHECK_FALSE(make_plan(each.installed, {.add = {each.candidate}, .remove = {}}, machine));
    }
}

TEST_CASE("A kept bundle gets the containers that it had, and brings no bytes") {
    auto broker = candidate(described("base", "1.0.0", {"broker", "bridge"}), 'a');
    const auto made = make_plan({}, {.add = {broker}, .remove = {}}, facts());
    REQUIRE(made);
    // As an earlier release of the agent would have made it.
    auto other = described("base", "1.0.0", {"broker"}).containers[0];
    other.command = {"earlier"};
    const auto stored = agent::containers::make_create_spec(id("base"), other);
    auto again = kept(broker);
    again.specs = {{name("broker"), stored}};

    const auto plan = make_plan({}, {.add = {again}, .remove = {}}, facts());
    REQUIRE(plan);
    CHECK(plan->specs.at(name("broker")) == stored);
    CHECK(plan->specs.at(name("bridge")) == made->specs.at(name("bridge")));
    const auto& containers = plan->result.find(id("base"))->containers;
    REQUIRE(containers.size() == 2);
    CHECK(containers[0] == stored.container);
    CHECK(plan->units.files.at("broker.service").find(stored.container.podman_name) !=
          std::string::npos);
    CHECK(plan->bytes == 0);

    // What its images take is for the space.
    again.bytes = 700;
    CHECK(make_plan({}, {.add = {again}, .remove = {}}, facts())->bytes == 0);
}

TEST_CASE("A kept bundle that is installed is left as it is") {
    const auto base = candidate(described("base", "1.0.0", {"broker"}), 'a');
    const auto view = kept(candidate(described("view"), 'c'));
    const auto plan =
        make_plan(installed_from({base}), {.add = {kept(base), view}, .remove = {}}, facts());
    REQUIRE(plan);
    CHECK(texts(plan->unchanged) == std::vector<std::string>{"base"});
    CHECK(added(*plan) == std::vector<std::string>{"view"});
    CHECK(plan->restart.empty());
}

TEST_CASE("A set is told from others by the ids and the content of its bundles") {
    const auto base = candidate(described("base"), 'a');
    const auto view = candidate(described("view"), 'b');
    const auto set = installed_from({base, view});
    CHECK(set_digest(installed_from({view, base})) == set_digest(set));
    // printf 'base aaa...\nview bbb...\n' | sha256sum
    CHECK(set_digest(set).hex() ==
          "aec35aa4d3646c830feaad1eda4bc1ec02e302b813db8fb1b96b84ff678b8ffa");

    using Change = std::function<void(model::InstalledSet&)>;
    struct Case {
        const char* what;
        Change change;
        bool same;
    };
    const std::vector<Case> cases = {
        {"the generation", [](auto& s) { s.generation = 7; }, true},
        {"the anchor", [](auto& s) { s.bundles[id("base")].anchor.clear(); }, true},
        {"other content",
         [](auto& s) { s.bundles[id("base")].digest = s.bundles[id("view")].digest; }, false},
        {"a bundle less", [](auto& s) { s.bundles.erase(id("view")); }, false},
        {"all of them", [](auto& s) { s.bundles.clear(); }, false},
        {"contents exchanged",
         [](auto& s) { std::swap(s.bundles[id("base")].digest, s.bundles[id("view")].digest); },
         false},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        auto other = set;
        each.change(other);
        CHECK((set_digest(other) == set_digest(set)) == each.same);
    }
}

TEST_CASE("A set that failed its health is tried again on demand only") {
    const auto base = candidate(described("base", "1.0.0", {"broker"}), 'a');
    const auto view = candidate(described("view"), 'c');
    const auto wrong = candidate(described("base", "2.0.0", {"broker"}), 'b');
    const auto before = installed_from({base, view});
    const auto only_base = installed_from({base});
    struct Case {
        const char* what;
        model::InstalledSet installed;
        Request request;
        /// What failed once.
        model::InstalledSet failed;
        bool refused;
    };
    const std::vector<Case> cases = {
        {"the same update again",
         before,
         {.add = {wrong}, .remove = {}},
         installed_from({wrong, view}),
         true},
        {"and on demand",
         before,
         {.add = {wrong}, .remove = {}, .retry = true},
         installed_from({wrong, view}),
         false},
        {"the same set by another way",
         installed_from({view}),
         {.add = {wrong}, .remove = {}},
         installed_from({wrong, view}),
         true},
        {"the update beside something else",
         only_base,
         {.add = {wrong}, .remove = {}},
         installed_from({wrong, view}),
         false},
        {"a removal", before, {.add = {}, .remove = {id("view")}}, only_base, true},
        {"going back to it",
         before,
         {.add = {kept(wrong)}, .remove = {}},
         installed_from({wrong, view}),
         true},
        {"what is installed all the same", before, {.add = {base}, .remove = {}}, before, false},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        auto machine = facts();
        machine.failed_sets = {{set_digest(each.failed),
                                "did not become healthy on 2026-01-02 03:04:05Z: broker.service: "
                                "failed"}};
        const auto plan = make_plan(each.installed, each.request, machine);
        REQUIRE(plan.has_value() != each.refused);
        if (plan) {
            CHECK(plan->digest == set_digest(plan->result));
            continue;
        }
        REQUIRE(plan.error().size() == 1);
        CHECK(plan.error()[0].code == ErrorCode::conflict);
        CHECK(model::to_string(plan.error()[0]) ==
              "this set of bundles was tried before and did not become healthy on 2026-01-02 "
              "03:04:05Z: broker.service: failed (--retry tries it again)");
    }
}

TEST_CASE("A failed set is named beside the other reasons, unless a bundle was not let in") {
    const auto base = installed_from({candidate(described("base"), 'a')});
    const auto view = candidate(requiring("view", "^2"), 'b');
    auto machine = facts();
    auto both = installed_from({candidate(described("base"), 'a'), view});
    machine.failed_sets = {{set_digest(both), "failed"}, {set_digest(base), "failed"}};

    const auto plan = make_plan(base, {.add = {view}, .remove = {}}, machine);
    REQUIRE_FALSE(plan);
    REQUIRE(plan.error().size() == 2);
    CHECK(plan.error()[0].message.find("tried before") != std::string::npos);
    CHECK(plan.error()[1].key == "requires");

    const auto too_low = make_plan(
        base, {.add = {candidate(described("old", "1.0.0"), 'c')}, .remove = {}}, machine);
    REQUIRE_FALSE(too_low);
    REQUIRE(too_low.error().size() == 1);
    CHECK(too_low.error()[0].key == "version");
}
