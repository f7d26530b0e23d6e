// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles whose images are mounted instead of unpacked.
#include "agent/planning/space.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

namespace {

using namespace example;
using agent::planning::make_plan;

planning::Candidate with_store() {
    auto made = candidate(described("view", "1.0.0", {"panel"}));
    made.store = model::InstalledStore{.root_hash = made.digest, .hash_offset = 4096};
    return made;
}

std::string container_of(const planning::Candidate& wanted) {
    const auto plan = make_plan({}, {.add = {wanted}, .remove = {}}, facts());
    REQUIRE(plan.has_value());
    return plan->result.bundles.begin()->second.containers.front().podman_name;
}

}  // namespace

TEST_CASE("an image store is refused where the machine cannot use it, and only there") {
    auto machine = facts();
    machine.store_obstacle = "the kernel has no squashfs";
    CHECK(make_plan({}, {.add = {candidate(described("base"))}, .remove = {}}, machine));
    const auto plan = make_plan({}, {.add = {with_store()}, .remove = {}}, machine);
    REQUIRE_FALSE(plan.has_value());
    REQUIRE(plan.error().size() == 1);
    const auto& problem = plan.error().front();
    CHECK(problem.code == model::ErrorCode::conflict);
    CHECK(problem.where == "/media/view.bundle");
    CHECK(problem.message.find("the kernel has no squashfs") != std::string::npos);
    CHECK(problem.hint.find("--images=oci") != std::string::npos);
}

TEST_CASE(
    "an image store is verified as the machine can when it comes, and as before when it "
    "comes back") {
    for (const bool verity : {false, true}) {
        auto machine = facts();
        machine.store_verity = verity;
        auto wanted = with_store();
        const auto fresh = make_plan({}, {.add = {wanted}, .remove = {}}, machine);
        REQUIRE(fresh);
        CHECK(fresh->result.bundles.begin()->second.store->verity == verity);
        wanted.kept = true;
        wanted.store->verity = !verity;
        const auto back = make_plan({}, {.add = {wanted}, .remove = {}}, machine);
        REQUIRE(back);
        CHECK(back->result.bundles.begin()->second.store->verity == !verity);
    }
}

TEST_CASE("an image store is refused beside a kept one of another signer") {
    auto machine = facts();
    machine.kept_stores = {{"base 1.0.0", with_store().anchor}};
    CHECK(make_plan({}, {.add = {with_store()}, .remove = {}}, machine));
    machine.kept_stores.emplace("other 2.0.0", "another");
    const auto plan = make_plan({}, {.add = {with_store()}, .remove = {}}, machine);
    REQUIRE_FALSE(plan.has_value());
    const auto& problem = plan.error().front();
    CHECK(problem.code == model::ErrorCode::conflict);
    CHECK(problem.message.find("other 2.0.0") != std::string::npos);
    CHECK(problem.message.find("kept to go back to") != std::string::npos);
}

TEST_CASE("a container of a mounted image is another one than that of the same image unpacked") {
    auto unpacked = with_store();
    unpacked.store.reset();
    CHECK(container_of(with_store()) != container_of(unpacked));
}

TEST_CASE("a mounted image takes nothing of the engine's store") {
    const auto plan = make_plan({}, {.add = {with_store()}, .remove = {}}, facts());
    REQUIRE(plan);
    const auto space = planning::space_needed(*plan);
    CHECK(space.kept == 1000);
    CHECK(space.engine == 0);
}

TEST_CASE("images that are mounted are of one signer, because bundles share layers by their ids") {
    auto installed = installed_from({candidate(described("base"))});
    const auto with = [&](const planning::Candidate& wanted) {
        return make_plan(installed, {.add = {wanted}, .remove = {}}, facts());
    };
    auto wanted = with_store();
    wanted.anchor = std::string(64, 'e');
    CHECK(with(wanted));
    installed.bundles.begin()->second.store = with_store().store;
    CHECK(with(with_store()));
    const auto refused = with(wanted);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().front().message.find("only bundles of one signer") != std::string::npos);
    wanted.store.reset();
    CHECK(with(wanted));
}

TEST_CASE("containers whose users are mapped have their images unpacked") {
    auto wanted = with_store();
    wanted.description.containers.front().uid_map = {"0:200000:1000"};
    const auto refused = make_plan({}, {.add = {wanted}, .remove = {}}, facts());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().front().message.find("uid-map") != std::string::npos);
    wanted.store.reset();
    CHECK(make_plan({}, {.add = {wanted}, .remove = {}}, facts()));
}
