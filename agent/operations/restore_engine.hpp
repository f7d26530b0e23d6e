// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/operations/context.hpp"
#include "agent/operations/effects.hpp"
#include "agent/store/generations.hpp"

namespace agent::operations {

/// What the engine lacks of a generation: images, names of images that nobody has, and containers,
/// as effects that restore them from the kept bundle files and the stored create arguments. Pure.
[[nodiscard]] std::vector<Effect> missing_from_engine(
    const model::InstalledSet& set, const std::map<std::string, std::string>& containers,
    const host::Inventory& engine);

/// What was to be restored, and what came of it.
struct Restoration {
    std::string what;
    model::Result<> result;
};

/// Restores what the engine lacks of the current generation; goes on after what fails.
[[nodiscard]] model::Result<std::vector<Restoration>> restore_engine(const Context& context);

}  // namespace agent::operations
