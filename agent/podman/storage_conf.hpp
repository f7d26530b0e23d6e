// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agent/host/container_engine.hpp"

namespace agent::podman {

// The containers-storage.conf(5) files below a root, without a call of podman. The administrator's
// in /etc is read instead of the distribution's, not over it. Paths in them are as podman uses
// them, without the root before them. The environment, which can name another file, is not looked
// at.

/// Directory of podman's store (as root). ErrorCode::conflict where the file that counts cannot be
/// understood, which podman refuses, too.
[[nodiscard]] model::Result<std::filesystem::path> graph_root(const std::filesystem::path& root);

/// Whether the directory is one of the additional image stores.
[[nodiscard]] model::Result<host::ImageStoreUse> look_for_store(
    const std::filesystem::path& root, const std::filesystem::path& directory);

/// Writes the administrator's file, which is not there, with the directory as an additional image
/// store and the distribution's settings otherwise. A copy beside the directory, with the name
/// storage.conf, tells later whether it is as it was. ErrorCode::conflict with the obstacle of
/// look_for_store(); nothing where the directory is named already.
[[nodiscard]] model::Result<> add_store(const std::filesystem::path& root,
                                        const std::filesystem::path& directory);

/// The text of the file that counts without its additional image stores; nothing where `directory`
/// is not among them. ErrorCode::conflict where that cannot be said.
[[nodiscard]] model::Result<std::optional<std::string>> text_without_stores(
    const std::filesystem::path& root, const std::filesystem::path& directory);

}  // namespace agent::podman
