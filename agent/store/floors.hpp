// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>

#include "agent/model/ids.hpp"
#include "agent/model/version.hpp"
#include "agent/store/paths.hpp"

namespace agent::store {

/// The highest version of each bundle that was confirmed on this machine, installed or not.
using Floors = std::map<model::BundleId, model::Version>;

/// floors.toml; empty where there is none yet.
[[nodiscard]] model::Result<Floors> read_floors(const Paths& paths);
[[nodiscard]] model::Result<> write_floors(const Paths& paths, const Floors& floors);

}  // namespace agent::store
