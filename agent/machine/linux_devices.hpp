// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/host/devices.hpp"

namespace agent::machine {

/// The nodes of the running kernel. What is remembered is a file for each container in `notes`,
/// one line `NUMBER PATH` a device, readable by everybody; `notes` does not outlive a boot.
class LinuxDevices : public host::Devices {
  public:
    explicit LinuxDevices(std::filesystem::path notes = "/run/update-agent/devices")
        : notes_(std::move(notes)) {}

    [[nodiscard]] model::Result<model::DeviceNode> resolve(const std::string& path) override;
    void remember(const std::string& podman_name, const model::DeviceNumbers& numbers) override;
    void forget(const std::string& podman_name) override;
    [[nodiscard]] std::optional<model::DeviceNumbers> remembered(
        const std::string& podman_name) override;

  private:
    std::filesystem::path notes_;
};

}  // namespace agent::machine
