// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/context.hpp"
#include "agent/operations/defect.hpp"

namespace agent::operations {

struct Verification {
    /// The current generation, after a repair the new one.
    unsigned generation = 0;
    /// All that was found, repaired or not.
    Defects defects;

    [[nodiscard]] std::size_t left() const;
};

/// Looks at everything that the installed set needs; offline, at what is below the root. Takes no
/// lock and changes nothing without `repair`. Fails where it could not look: podman or systemd do
/// not answer, the caller cancels, or, with `repair`, another operation runs (ErrorCode::busy).
[[nodiscard]] model::Result<Verification> verify(const Context& context, bool repair);

}  // namespace agent::operations
