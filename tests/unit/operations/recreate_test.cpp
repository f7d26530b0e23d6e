// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/recreate.hpp"

#include "agent/model/unit_name.hpp"
#include "agent/operations/control.hpp"
#include "agent/operations/recover.hpp"
#include "agent/operations/rollback.hpp"
#include "agent/operations/startup.hpp"
#include "agent/operations/status.hpp"
#include "agent/operations/verify.hpp"
#include "agent/store/history.hpp"
#include "agent/store/journal.hpp"
#include "tests/unit/operations/device_scene.hpp"

using namespace test;
using model::DeviceNumbers;
using Lines = std::vector<std::string>;

namespace {

/// The machine was switched off, and boots; nothing of the bundles was started yet.
void boot_up(DeviceScene& scene) {
    ++scene.machine.boots;
    scene.services.boot();
    scene.services.log.clear();
    scene.devices.notes.clear();
    scene.faults.forget_calls();
}

const DeviceNumbers kLidarMoved = {{kLidar, {188, 1}}};

}  // namespace

TEST_CASE("A container is created with what its devices are now, and with labels that say so") {
    DeviceScene scene;
    scene.have_devices();
    CHECK(scene.labels("broker") == DeviceNumbers{{kLidar, {188, 0}}});
    CHECK(scene.labels("ticker") == DeviceNumbers{{kLidar, {188, 0}}, {kCamera, {81, 0}}});
    CHECK(scene.labels("bridge").empty());
    const auto& arguments = scene.engine.arguments.at(scene.podman_name("broker"));
    CHECK(std::count(arguments.begin(), arguments.end(),
                     "--device=/dev/ttyUSB0:/dev/serial/by-id/lidar") == 1);
    CHECK(scene.devices.notes.at(scene.podman_name("ticker")) == scene.labels("ticker"));
    CHECK(std::filesystem::exists(scene.paths().units_link() / "has-devices"));
}

TEST_CASE("With no device nobody is asked") {
    DeviceScene scene;
    scene.have({bundles().base});
    scene.faults.forget_calls();
    CHECK(must(scene.recreate()).recreated.empty());
    CHECK(scene.faults.calls().empty());
}

TEST_CASE("Where nothing changed, the engine is asked once, and not again until the next boot") {
    DeviceScene scene;
    scene.have_devices();
    CHECK(must(scene.recreate(true)).recreated.empty());
    CHECK(scene.faults.calls().empty());

    boot_up(scene);
    CHECK(must(scene.recreate(true)).recreated.empty());
    CHECK(scene.asked("engine.containers") == 1);
    CHECK(scene.asked("engine.create") == 0);
    scene.faults.forget_calls();
    CHECK(must(scene.recreate(true)).recreated.empty());
    CHECK(scene.faults.calls().empty());
    // By hand.
    CHECK(must(scene.recreate()).recreated.empty());
    CHECK(scene.asked("engine.containers") == 1);
    CHECK(scene.services.log.empty());
}

TEST_CASE("At boot exactly the containers whose device changed are created again") {
    DeviceScene scene;
    scene.have_devices();
    const auto arguments = scene.engine.arguments;
    boot_up(scene);
    scene.plug(kCamera, kCamera, {81, 1});
    const auto done = must(scene.recreate(true));
    CHECK(names(done) == Lines{"ticker"});
    CHECK(done.recreated[0].reasons == Lines{"/dev/camera was 81.0 and is 81.1"});
    CHECK(scene.labels("ticker") == DeviceNumbers{{kLidar, {188, 0}}, {kCamera, {81, 1}}});
    CHECK(scene.asked("engine.create") == 1);
    CHECK(scene.asked("engine.remove_container") == 1);
    for (const auto* other : {"broker", "bridge", "panel"})
        CHECK(scene.engine.arguments.at(scene.podman_name(other)) ==
              arguments.at(scene.podman_name(other)));
    // Nothing runs yet, and nothing is started.
    CHECK(scene.services.log.empty());
    CHECK_FALSE(store::has_journal(scene.paths()));
    const auto history = must(store::read_history(scene.paths()));
    CHECK(history.back().operation == "recreate");
    CHECK(history.back().bundles == Lines{"clock 0.1.0"});
    CHECK(history.back().notes ==
          Lines{scene.podman_name("ticker") + ": /dev/camera was 81.0 and is 81.1"});
    CHECK(history.back().exit_code == 0);
    CHECK(must(scene.recreate()).recreated.empty());
}

TEST_CASE("While it runs, exactly its users restart, and what is bound to them") {
    DeviceScene scene;
    scene.have_devices();
    const auto panel = scene.services.units.at("panel.service").invocation;
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    CHECK(names(must(scene.recreate(true))) == Lines{"broker", "ticker"});
    CHECK(scene.services.log ==
          Lines{"inhibit shutdown", "stop base-restart.target clock-restart.target",
                "stop ticker.service bridge.service broker.service",
                "start broker.service bridge.service ticker.service base-restart.target "
                "clock-restart.target base.target clock.target",
                "allow shutdown"});
    for (const auto* unit : {"broker.service", "bridge.service", "ticker.service",
                             "base-restart.target", "clock-restart.target"})
        CHECK(scene.active(unit));
    CHECK(scene.services.units.at("panel.service").invocation == panel);
    CHECK(scene.labels("broker") == kLidarMoved);
    CHECK(scene.engine.made.at(scene.podman_name("broker")).state == "running");
    CHECK(scene.progress.warnings.empty());
}

TEST_CASE("What was stopped by hand gets its device, and stays stopped") {
    DeviceScene scene;
    scene.have_devices();
    must(operations::stop(scene.context(), {"broker"}));
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    must(scene.recreate(true));
    CHECK_FALSE(scene.active("broker.service"));
    CHECK(scene.services.units.at("broker.service").masked);
    CHECK(scene.active("ticker.service"));
    CHECK(scene.labels("broker") == kLidarMoved);
}

TEST_CASE("What crashed because its device was gone is started with the new one") {
    DeviceScene scene;
    scene.have_devices();
    auto& broker = scene.services.units.at("broker.service");
    broker.active = "failed";
    broker.result = "start-limit-hit";
    scene.engine.made.at(scene.podman_name("broker")).state = "exited";
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    must(scene.recreate(true));
    CHECK(scene.active("broker.service"));
    CHECK(scene.labels("broker") == kLidarMoved);
    CHECK(scene.services.ended_pauses.count("update-agent-pause@broker:60.service") == 1);
}

TEST_CASE("A missing device is told of, and its containers are left alone") {
    DeviceScene scene;
    scene.have_devices();
    boot_up(scene);
    scene.unplug(kLidar);
    scene.plug(kCamera, kCamera, {81, 1});
    const auto done = must(scene.recreate(true));
    CHECK(done.recreated.empty());
    REQUIRE(done.missing.size() == 2);
    CHECK(scene.asked("engine.remove_container") == 0);
    REQUIRE(scene.progress.warnings.size() == 2);
    CHECK(scene.progress.warnings[0] ==
          "the device /dev/serial/by-id/lidar of the container broker is missing; the container is "
          "left as it is");
    // Told once; the next event is about something else.
    scene.progress.warnings.clear();
    scene.faults.forget_calls();
    must(scene.recreate(true));
    CHECK(scene.faults.calls().empty() == false);
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    CHECK(names(must(scene.recreate(true))) == Lines{"broker", "ticker"});
}

TEST_CASE("A container without labels is created again") {
    DeviceScene scene;
    scene.have_devices();
    auto& labels = scene.engine.made.at(scene.podman_name("broker")).labels;
    std::erase_if(labels, [](const auto& label) {
        return label.first.starts_with(agent::containers::kDeviceLabelPrefix);
    });
    boot_up(scene);
    CHECK(names(must(scene.recreate(true))) == Lines{"broker"});
    CHECK(scene.labels("broker") == DeviceNumbers{{kLidar, {188, 0}}});
}

TEST_CASE("A container that is missing is created where its image is there, and else left") {
    DeviceScene scene;
    scene.have_devices();
    boot_up(scene);
    scene.engine.made.erase(scene.podman_name("broker"));
    SECTION("with its image") {
        CHECK(names(must(scene.recreate(true))) == Lines{"broker"});
        CHECK(scene.labels("broker") == DeviceNumbers{{kLidar, {188, 0}}});
    }
    SECTION("in a store that was lost") {
        scene.engine.made.clear();
        scene.engine.image_names.clear();
        CHECK(must(scene.recreate(true)).recreated.empty());
        scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
        must(operations::startup(scene.context()));
        CHECK(scene.labels("broker") == kLidarMoved);
    }
}

TEST_CASE("One that cannot be created keeps none of the others from it") {
    DeviceScene scene;
    scene.have_devices();
    boot_up(scene);
    const auto broker = scene.podman_name("broker");
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    write_text(scene.paths().generation(1) / "containers/broker", "{}");
    const auto failed = scene.recreate(true);
    REQUIRE_FALSE(failed);
    CHECK(has(failed.error().text(), broker + ": create arguments"));
    CHECK(scene.labels("ticker").at(kLidar) == model::DeviceNumber{188, 1});
    // As it was, and nothing is left to be settled.
    CHECK(scene.labels("broker") == DeviceNumbers{{kLidar, {188, 0}}});
    CHECK_FALSE(store::has_journal(scene.paths()));
    CHECK(must(store::read_history(scene.paths())).back().exit_code != 0);
    must(operations::startup(scene.context()));
    CHECK(scene.services.log.back() == "queue installed-bundles.target");
}

TEST_CASE("What is removed and cannot be created is created by the next one") {
    DeviceScene scene;
    scene.have_devices();
    boot_up(scene);
    scene.plug(kCamera, kCamera, {81, 1});
    scene.progress.at_step = [&](const std::string& step) {
        if (step.starts_with("creating again")) scene.engine.image_names.swap(scene.lost_images);
    };
    CHECK_FALSE(scene.recreate(true));
    CHECK(scene.engine.made.count(scene.podman_name("ticker")) == 0);
    CHECK_FALSE(store::has_journal(scene.paths()));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings[0], "a container with devices is missing"));

    scene.progress.at_step = [](const std::string&) {};
    scene.engine.image_names.swap(scene.lost_images);
    CHECK(names(must(scene.recreate(true))) == Lines{"ticker"});
    CHECK(scene.labels("ticker").at(kCamera) == model::DeviceNumber{81, 1});
}

TEST_CASE("What does not come up again is an error") {
    DeviceScene scene;
    scene.have_devices();
    scene.services.never_ready = {"broker.service"};
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    const auto failed = scene.recreate(true);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code() == ErrorCode::unhealthy);
    CHECK(has(failed.error().text(), "broker.service"));
    CHECK(scene.labels("broker") == kLidarMoved);
    CHECK_FALSE(store::has_journal(scene.paths()));
    const auto notes = must(store::read_history(scene.paths())).back().notes;
    REQUIRE_FALSE(notes.empty());
    CHECK(notes.back() == failed.error().text());
}

TEST_CASE("Beside a set that is to be confirmed containers are created again all the same") {
    DeviceScene scene;
    scene.have_devices();
    // Cut while it watched.
    scene.progress.at_step = [&](const std::string& step) {
        if (step == "watching the health") scene.faults.fail_from(1);
    };
    scene.configuration.keep_generations = 3;
    CHECK_FALSE(scene.install({newer_base()}));
    scene.faults.heal();
    scene.progress.at_step = [](const std::string&) {};
    REQUIRE(store::has_journal(scene.paths()));
    boot_up(scene);
    must(operations::recover(scene.context()));
    const bool pending = store::has_journal(scene.paths());
    scene.plug(kCamera, kCamera, {81, 1});
    CHECK(names(must(scene.recreate(true))) == Lines{"ticker"});
    CHECK(scene.labels("ticker").at(kCamera) == model::DeviceNumber{81, 1});
    CHECK(store::has_journal(scene.paths()) == pending);
}

TEST_CASE("Containers of kept sets follow, too, so that a rollback finds its devices") {
    DeviceScene scene;
    scene.have_devices();
    const auto broker = scene.podman_name("broker");
    // The newer one uses no device.
    scene.have({newer_base()});
    boot_up(scene);
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    CHECK(names(must(scene.recreate(true))) == Lines{"ticker", "broker"});
    CHECK(agent::containers::device_labels(scene.engine.made.at(broker).labels) == kLidarMoved);
}

TEST_CASE("A rollback creates anew what has its devices by numbers of before") {
    DeviceScene scene;
    scene.have({base_with_lidar(), bundles().view});
    const auto broker = scene.podman_name("broker");
    // No container of the current set has a device, so that nobody looks at them.
    scene.have({newer_base()});
    boot_up(scene);
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    CHECK(must(scene.recreate(true)).recreated.empty());
    must(scene.services.start({"installed-bundles.target"}, {}));
    scene.faults.forget_calls();
    const operations::ChangeRequest rollback{
        .operation = "rollback", .install = {}, .remove = {}, .restore = operations::Restore{}};
    must(operations::change(scene.context(), rollback));
    CHECK(scene.podman_name("broker") == broker);
    CHECK(scene.labels("broker") == kLidarMoved);
    CHECK(scene.asked("engine.create") == 1);
    CHECK(scene.active("broker.service"));
}

TEST_CASE("One that somebody started alone before the bundles is stopped for it, too") {
    DeviceScene scene;
    scene.have_devices();
    boot_up(scene);
    must(scene.services.start({"broker.service"}, {}));
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    CHECK(names(must(scene.recreate(true))) == Lines{"broker", "ticker"});
    CHECK(scene.active("broker.service"));
    CHECK_FALSE(scene.active("ticker.service"));
}

TEST_CASE("Status tells of each device what the container has and what is there") {
    using operations::DeviceStatus;
    DeviceScene scene;
    scene.have_devices();
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    scene.unplug(kCamera);
    scene.faults.forget_calls();
    const auto of = [](const operations::Status& status, std::size_t bundle) {
        return status.bundles[bundle].containers[0].devices;
    };
    using Devices = std::vector<DeviceStatus>;
    const model::DeviceNumber was{188, 0};
    const model::DeviceNumber is{188, 1};
    auto status = must(operations::status(scene.context()));
    CHECK(of(status, 0) == Devices{{kLidar, was, is}});
    CHECK(of(status, 1) ==
          Devices{{kLidar, was, is}, {kCamera, model::DeviceNumber{81, 0}, std::nullopt}});
    CHECK(of(status, 2).empty());
    CHECK(scene.asked("engine.containers") == 0);
    scene.devices.notes.clear();
    status = must(operations::status(scene.context()));
    CHECK(of(status, 0) == Devices{{kLidar, std::nullopt, is}});
    status = must(operations::status(scene.context(true)));
    CHECK(of(status, 0) == Devices{{kLidar, std::nullopt, std::nullopt}});
}

TEST_CASE("A container with devices is no damage, and is repaired with what they are now") {
    DeviceScene scene;
    scene.services.stamp =
        scene.root() / "run/systemd/generator.late" / agent::model::kLoadedGenerationStamp;
    scene.have_devices();
    scene.plug(kLidar, "/dev/ttyUSB1", {188, 1});
    CHECK(must(operations::verify(scene.context(), false)).defects.empty());
    const auto broker = scene.podman_name("broker");
    scene.engine.made.erase(broker);
    const auto repaired = must(operations::verify(scene.context(), true));
    CHECK(repaired.left() == 0);
    CHECK(scene.labels("broker") == kLidarMoved);
    CHECK(scene.devices.notes.at(broker) == kLidarMoved);
}

TEST_CASE("With another root no container is created") {
    DeviceScene scene;
    scene.have_devices();
    CHECK(operations::recreate(scene.context(true), false).error().code() == ErrorCode::usage);
    CHECK(scene.faults.calls().empty());
}
