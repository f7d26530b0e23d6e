// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/containers/device_arguments.hpp"
#include "agent/operations/context.hpp"

namespace agent::operations {

/// Stored create arguments for this machine as it is now.
[[nodiscard]] model::Result<containers::LocalArguments> arguments_here(
    const Host& host, const std::vector<std::string>& arguments);

/// Creates a container with them, and notes the numbers of its devices.
[[nodiscard]] model::Result<> create_container(const Host& host, const std::string& podman_name,
                                               const containers::LocalArguments& here);

/// Both.
[[nodiscard]] model::Result<> create_from_stored(const Host& host, const std::string& podman_name,
                                                 const std::vector<std::string>& arguments);

}  // namespace agent::operations
