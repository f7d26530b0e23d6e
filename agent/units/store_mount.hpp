// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/model/installed_set.hpp"
#include "agent/units/render.hpp"

namespace agent::units {

/// Directory that the bundle's image store is mounted on; the bundle has one.
[[nodiscard]] std::string store_mount_point(const model::InstalledBundle& bundle,
                                            const RenderContext& context);

/// Text of the .mount unit of the bundle's image store.
[[nodiscard]] std::string store_mount_text(const model::InstalledBundle& bundle,
                                           const RenderContext& context);

}  // namespace agent::units
