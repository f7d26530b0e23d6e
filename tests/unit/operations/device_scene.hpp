// SPDX-License-Identifier: GPL-3.0-or-later
// A machine with devices, and bundles whose containers use them.
#pragma once

#include "agent/containers/device_arguments.hpp"
#include "agent/operations/recreate.hpp"
#include "tests/unit/operations/scene.hpp"

namespace test {

inline constexpr const char* kLidar = "/dev/serial/by-id/lidar";
inline constexpr const char* kCamera = "/dev/camera";

/// The base's broker uses the lidar, and its bridge is bound to the broker; the clock's ticker uses
/// lidar and camera; the view's panel uses nothing.
struct DeviceScene : Scene {
    DeviceScene();
    explicit DeviceScene(const DeviceScene& other) = default;
    /// All three.
    void have_devices();

    Result<operations::Recreation> recreate(bool if_changed = false) {
        return operations::recreate(context(), if_changed);
    }
    void plug(const std::string& path, const std::string& node, model::DeviceNumber number) {
        devices.nodes[path] = {node, number};
    }
    void unplug(const std::string& path) { devices.nodes.erase(path); }

    std::string podman_name(const std::string& container) const;
    /// What the engine has of it.
    model::DeviceNumbers labels(const std::string& container) const;
    unsigned asked(const std::string& call) const;

    /// To be swapped with those of the engine.
    std::map<std::string, std::set<std::string>> lost_images;
};

/// Signed, made once.
const std::filesystem::path& base_with_lidar();
const std::filesystem::path& clock_with_both();

/// Containers that were created again, by their names.
std::vector<std::string> names(const operations::Recreation& recreation);

}  // namespace test
