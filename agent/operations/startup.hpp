// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/context.hpp"

namespace agent::operations {

/// What bundle-startup.service does at boot: loads the units of the current generation where the
/// generator could not, repairs the engine's store where its stamp does not match, and queues the
/// start of installed-bundles.target without waiting. A failed repair is reported and keeps nothing
/// else from starting.
[[nodiscard]] model::Result<> startup(const Context& context);

/// Makes the layout below /opt/operation with generation 0, where there is none.
[[nodiscard]] model::Result<> initialise_store(const Context& context);

/// The stamp of update-agent-store.service: written when it stops, cleared when it starts. None is
/// left where something is still paused: systemd 257 does not stop that, so it may still write.
[[nodiscard]] model::Result<> write_engine_stamp(const Context& context);
[[nodiscard]] model::Result<> clear_engine_stamp(const Context& context);

}  // namespace agent::operations
