// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/containers/placement.hpp"
#include "agent/model/description.hpp"

namespace agent::containers {

/// The options of podman-create(1) that come from the keys of a description's container, valid for
/// podman 4.3 and later; each is one argument, `--option=value`, so that no value is taken for an
/// option. Memory, CPU and task limits are not among them: they are properties of the unit.
[[nodiscard]] std::vector<std::string> container_options(const model::Container& container,
                                                         const Placement& placement = {});
/// The same for an init container, which podman runs without a unit: limits are options here, and
/// nobody waits for READY=1.
[[nodiscard]] std::vector<std::string> init_container_options(const model::Container& container,
                                                              const Placement& placement = {});

}  // namespace agent::containers
