// SPDX-License-Identifier: GPL-3.0-or-later
// A recreation is killed at every call, or the power is cut there; and once more while that is
// settled.
#include <cstdlib>
#include <iostream>

#include "agent/operations/recover.hpp"
#include "agent/store/journal.hpp"
#include "tests/unit/operations/device_scene.hpp"
#include "tests/unit/operations/journal_cases.hpp"

using namespace test;

namespace {

struct Recreating {
    const char* name;
    bool booting;
};
constexpr Recreating kCases[] = {{"while it runs", false}, {"while it boots", true}};

/// One device has another number, which two bundles' containers use.
void arrange(DeviceScene& scene, bool booting) {
    scene.have_devices();
    if (booting) {
        ++scene.machine.boots;
        scene.services.boot();
        scene.devices.notes.clear();
    }
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
}

void recreate_dying(DeviceScene& scene, unsigned n) {
    dying_at(scene, n, [&] { [[maybe_unused]] const auto unheard = scene.recreate(true); });
}

unsigned calls_of(const DeviceScene& arranged) {
    DeviceScene scene(arranged);
    Faults::die_at(0);
    scene.faults.dead = [] { return Faults::further_call(); };
    must(scene.recreate(true));
    const auto calls = Faults::count();
    Faults::disarm();
    return calls;
}

/// Nothing is left to be settled, every container is there, and what ran runs.
void check_whole(const DeviceScene& scene, const DeviceScene& arranged, bool running) {
    CHECK_FALSE(store::has_journal(scene.paths()));
    check_no_leftovers(scene);
    for (const auto* name : {"broker", "bridge", "panel", "ticker"}) {
        INFO(name);
        REQUIRE(scene.engine.made.count(scene.podman_name(name)) == 1);
        if (running) CHECK(scene.active(std::string(name) + ".service"));
    }
    CHECK(scene.installed() == arranged.installed());
}

/// Whatever was interrupted, the next look finds what is left.
void check_next(DeviceScene& scene) {
    must(scene.recreate(true));
    CHECK(scene.labels("broker").at(kLidar) == model::DeviceNumber{188, 1});
    CHECK(scene.labels("ticker").at(kLidar) == model::DeviceNumber{188, 1});
    CHECK(scene.devices.notes.at(scene.podman_name("broker")) == scene.labels("broker"));
}

}  // namespace

TEST_CASE("A recreation that is killed at any call is finished by recover", "[.series]") {
    for (const auto& each : kCases) {
        DeviceScene arranged;
        arrange(arranged, each.booting);
        const auto calls = calls_of(arranged);
        CHECK(calls > 20);
        for (unsigned n = 1; n < calls; ++n) {
            INFO(each.name << ", killed at call " << n << " of " << calls);
            DeviceScene scene(arranged);
            recreate_dying(scene, n);
            must(operations::recover(scene.context()));
            check_whole(scene, arranged, !each.booting);
            check_next(scene);
            check_whole(scene, arranged, !each.booting);
        }
    }
}

TEST_CASE("The power cut at any call of a recreation, the machine boots with its devices",
          "[.series]") {
    for (const auto& each : kCases) {
        DeviceScene arranged;
        arrange(arranged, each.booting);
        const auto calls = calls_of(arranged);
        for (unsigned n = 1; n < calls; ++n) {
            INFO(each.name << ", cut at call " << n << " of " << calls);
            DeviceScene scene(arranged);
            recreate_dying(scene, n);
            boot(scene);
            check_whole(scene, arranged, true);
            CHECK(scene.labels("broker").at(kLidar) == model::DeviceNumber{188, 1});
            CHECK(scene.labels("ticker").at(kLidar) == model::DeviceNumber{188, 1});
        }
    }
}

TEST_CASE("A recovery of a recreation that is killed at any call is done by the next one",
          "[.series]") {
    constexpr unsigned kEvery = 3;
    for (const auto& each : kCases) {
        DeviceScene arranged;
        arrange(arranged, each.booting);
        const auto calls = calls_of(arranged);
        for (unsigned n = 1; n < calls; n += kEvery) {
            for (unsigned m = 1;; m += kEvery) {
                INFO(each.name << ", killed at call " << n << ", and recovery at " << m);
                DeviceScene scene(arranged);
                recreate_dying(scene, n);
                bool ended = false;
                dying_at(scene, m,
                         [&] { ended = operations::recover(scene.context()).has_value(); });
                if (ended) break;
                must(operations::recover(scene.context()));
                check_whole(scene, arranged, !each.booting);
                check_next(scene);
            }
        }
    }
}
