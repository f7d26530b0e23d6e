// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/model/result.hpp"

namespace agent::podman {

/// Directory of podman's store (as root) by the containers-storage.conf(5) files below `root`,
/// without a call of podman; the path is as podman uses it, without `root` before it.
/// ErrorCode::conflict where the file that counts cannot be understood, which podman refuses, too.
[[nodiscard]] model::Result<std::filesystem::path> graph_root(const std::filesystem::path& root);

}  // namespace agent::podman
