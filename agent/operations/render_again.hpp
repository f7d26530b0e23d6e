// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>

#include "agent/operations/context.hpp"
#include "agent/store/generations.hpp"
#include "agent/units/render.hpp"

namespace agent::operations {

/// What the set's units are for a systemd of that major version.
[[nodiscard]] units::RenderedUnits render_for(const Context& context,
                                              const model::InstalledSet& set,
                                              unsigned systemd_version);

/// What the current generation has, to be written once more.
struct RenderAgain {
    model::InstalledSet set;
    /// Texts of containers/, by name.
    std::map<std::string, std::string> containers;
    unsigned systemd_version = 0;
    std::string reason;
};

/// A generation never changes: writes a new one with the same set, whose units are rendered anew
/// and whose state is that of the current one, and returns its number. It is not switched to. For
/// the holder of the lock.
[[nodiscard]] model::Result<unsigned> write_again(const Context& context, const RenderAgain& again);

}  // namespace agent::operations
