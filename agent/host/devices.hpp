// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "agent/model/device.hpp"
#include "agent/model/result.hpp"

namespace agent::host {

/// The machine's devices, and which numbers of theirs containers were created with.
class Devices {
  public:
    virtual ~Devices() = default;

    /// What the path leads to now. ErrorCode::not_found where there is nothing,
    /// ErrorCode::conflict for what is no device.
    [[nodiscard]] virtual model::Result<model::DeviceNode> resolve(const std::string& path) = 0;
    /// Notes the numbers that a container has, until the next boot, so that nobody has to ask the
    /// engine for its labels. Where that fails, it is as if it was not noted.
    virtual void remember(const std::string& podman_name, const model::DeviceNumbers& numbers) = 0;
    virtual void forget(const std::string& podman_name) = 0;
    /// Nothing where nothing was noted since the boot.
    [[nodiscard]] virtual std::optional<model::DeviceNumbers> remembered(
        const std::string& podman_name) = 0;
};

}  // namespace agent::host
