// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/verify_set.hpp"

namespace agent::operations {

/// The unit files of the current generation: that they are, byte for byte, what the set renders to
/// for the systemd that they were rendered for, and that systemd's generator takes them.
[[nodiscard]] model::Result<Defects> look_at_unit_files(const Context& context,
                                                        const CurrentGeneration& current);

/// Whether systemd has loaded the units of the current generation, as they are now.
[[nodiscard]] model::Result<Defects> look_at_loaded(const Context& context,
                                                    const CurrentGeneration& current);

}  // namespace agent::operations
