// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/host/image_mounts.hpp"

namespace agent::machine {

/// Looks whether the file begins as a squashfs and is as long as its superblocks say, to explain a
/// failure. ErrorCode::invalid where it is not, internal where it is missing or cannot be read.
[[nodiscard]] model::Result<> check_store_file(const host::StoreMount& store);

}  // namespace agent::machine
