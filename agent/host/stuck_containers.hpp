// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/host/container_engine.hpp"
#include "agent/model/result.hpp"

namespace agent::host {

/// The container engine, as one asks it about containers whose monitor was killed: what it says of
/// them is wrong, and only force helps. Errors as of ContainerEngine.
class StuckContainers {
  public:
    virtual ~StuckContainers() = default;

    /// As ContainerEngine has them.
    [[nodiscard]] virtual model::Result<std::vector<ContainerInfo>> containers() = 0;
    [[nodiscard]] virtual model::Result<> create(const std::vector<std::string>& arguments) = 0;
    /// Ends the containers whose label update-agent.container has this value, at once.
    [[nodiscard]] virtual model::Result<> kill_containers(const std::string& label_value) = 0;
    /// Removes a container whatever the engine believes it does; one that is not there, or has no
    /// label update-agent.container, is no failure and stays as it is.
    [[nodiscard]] virtual model::Result<> remove_by_force(const std::string& name) = 0;
};

}  // namespace agent::host
