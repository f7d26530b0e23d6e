// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/verify_set.hpp"

namespace agent::operations {

/// Whether the engine has the images and containers of the set. Pure.
[[nodiscard]] Defects look_at_engine(const CurrentGeneration& current,
                                     const host::Inventory& engine);

/// Whether the images of the set that are not unpacked are mounted, and the engine looks for them.
[[nodiscard]] model::Result<Defects> look_at_image_stores(const Context& context,
                                                          const model::InstalledSet& set);

/// What nobody needs any more and yet is there; only what the agent made is looked at. Of the
/// engine nothing where `engine` has nothing.
[[nodiscard]] Defects look_for_leftovers(const Context& context, const host::Inventory& engine);

}  // namespace agent::operations
