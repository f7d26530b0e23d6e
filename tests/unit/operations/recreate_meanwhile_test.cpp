// SPDX-License-Identifier: GPL-3.0-or-later
// Devices that change while an operation, or their own recreation, is at work.
#include "agent/operations/recreate.hpp"
#include "agent/store/history.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/operations/device_scene.hpp"

using namespace test;
using model::DeviceNumbers;
using Lines = std::vector<std::string>;

namespace {

const DeviceNumbers kLidarMoved = {{kLidar, {188, 1}}};

}  // namespace

TEST_CASE("A device that comes back while a set is changed is looked at before that is done") {
    DeviceScene scene;
    scene.have_devices();
    // Its event finds the set being changed, and by now the new one is current.
    scene.progress.at_step = [&](const std::string& step) {
        if (step.starts_with("switching")) scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    };
    must(scene.remove({"view"}));
    CHECK(scene.labels("broker") == kLidarMoved);
    CHECK(scene.labels("ticker").at(kLidar) == model::DeviceNumber{188, 1});
    CHECK(scene.active("broker.service"));
    CHECK(scene.active("ticker.service"));
    CHECK(must(store::read_history(scene.paths())).back().operation == "recreate");
}

TEST_CASE("A set is changed all the same where a device that changed meanwhile does no good") {
    DeviceScene scene;
    scene.have_devices();
    scene.progress.at_step = [&](const std::string& step) {
        if (!step.starts_with("switching")) return;
        scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
        scene.services.never_ready = {"broker.service"};
    };
    must(scene.remove({"view"}));
    REQUIRE_FALSE(scene.progress.warnings.empty());
    CHECK(has(scene.progress.warnings.back(), "a device changed meanwhile"));
    CHECK(has(scene.progress.warnings.back(), "broker.service"));
}

TEST_CASE("A device that changes meanwhile is looked at before it is done") {
    DeviceScene scene;
    scene.have_devices();
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    scene.progress.at_step = [&](const std::string& step) {
        if (step == "syncing the image store") scene.plug(kCamera, kCamera, {81, 5});
    };
    CHECK(names(must(scene.recreate(true))) == Lines{"broker", "ticker", "ticker"});
    CHECK(scene.labels("ticker") == DeviceNumbers{{kLidar, {188, 1}}, {kCamera, {81, 5}}});
}

TEST_CASE("An operation that runs is waited for where a device asks, and told of by hand") {
    DeviceScene scene;
    scene.have_devices();
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    const auto held = must(store::Lock::acquire(scene.paths(), "install"));
    const auto start = scene.machine.since_boot;
    CHECK(scene.recreate().error().code() == ErrorCode::busy);
    CHECK(scene.machine.since_boot == start);
    CHECK(scene.recreate(true).error().code() == ErrorCode::busy);
    CHECK(scene.machine.since_boot - start >= std::chrono::minutes(10));
}
