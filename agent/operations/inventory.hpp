// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "agent/host/container_engine.hpp"
#include "agent/model/installed_set.hpp"

namespace agent::operations {

[[nodiscard]] bool has_image(const host::Inventory& inventory, const model::Sha256& id);
/// By its name and its spec: a container that somebody else gave the name is another one.
[[nodiscard]] bool has_container(const host::Inventory& inventory,
                                 const model::InstalledContainer& container);
/// Image that has this name.
[[nodiscard]] std::optional<model::Sha256> image_named(const host::Inventory& inventory,
                                                       const std::string& name);

}  // namespace agent::operations
