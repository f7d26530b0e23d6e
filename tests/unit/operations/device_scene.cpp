// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/device_scene.hpp"

#include <algorithm>

namespace test {

namespace {

std::string using_devices(const std::string& description, const std::string& container,
                          const std::string& devices) {
    const auto name = "name = \"" + container + "\"";
    return patched(description, name, name + "\ndevices = [" + devices + "]");
}

std::string quoted(const char* path) {
    return "\"" + std::string(path) + "\"";
}

}  // namespace

const std::filesystem::path& base_with_lidar() {
    static const TemporaryDirectory directory;
    static const auto file =
        make_bundle(directory.path() / "base.bundle",
                    using_devices(base_description(), "broker", quoted(kLidar)));
    return file;
}

const std::filesystem::path& clock_with_both() {
    static const TemporaryDirectory directory;
    static const auto file = make_bundle(
        directory.path() / "clock.bundle",
        using_devices(clock_description(), "ticker", quoted(kLidar) + ", " + quoted(kCamera)));
    return file;
}

DeviceScene::DeviceScene() {
    plug(kLidar, "/dev/ttyUSB0", {188, 0});
    plug(kCamera, kCamera, {81, 0});
}

void DeviceScene::have_devices() {
    have({base_with_lidar(), bundles().view, clock_with_both()});
    services.log.clear();
    faults.forget_calls();
}

std::string DeviceScene::podman_name(const std::string& container) const {
    const auto set = installed();
    for (const auto& each : set.owner_of(*model::ContainerName::parse(container))->containers)
        if (each.name.value() == container) return each.podman_name;
    return {};
}

model::DeviceNumbers DeviceScene::labels(const std::string& container) const {
    return agent::containers::device_labels(engine.made.at(podman_name(container)).labels);
}

unsigned DeviceScene::asked(const std::string& call) const {
    const auto& calls = faults.calls();
    return static_cast<unsigned>(std::count(calls.begin(), calls.end(), call));
}

std::vector<std::string> names(const operations::Recreation& recreation) {
    std::vector<std::string> list;
    for (const auto& changed : recreation.recreated)
        list.push_back(changed.user.container.name.value());
    return list;
}

}  // namespace test
