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
/// Whether an image that is there has lost the name that a description has for it. Names that the
/// engine completes in its own way are not compared: any name keeps an image from being pruned.
[[nodiscard]] bool lacks_name(const host::Inventory& inventory, const model::Sha256& id,
                              const std::string& name);

}  // namespace agent::operations
