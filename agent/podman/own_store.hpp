// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::podman {

/// Images and containers of podman's own store that are built on one of these layers, which other
/// stores have: their first names, or ids; without the containers named in `ours`. Reads
/// containers-storage's index files below the graph root, without a call of podman.
/// ErrorCode::invalid where one of them cannot be understood.
[[nodiscard]] model::Result<std::vector<std::string>> users_of_layers(
    const std::filesystem::path& graph_root, const std::set<std::string>& layers,
    const std::set<std::string>& ours);

}  // namespace agent::podman
