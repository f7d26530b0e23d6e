// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::store {

/// Replaces a file whole: temporary file in the same directory, fsync, rename, fsync of the
/// directory. After a failure the old file is untouched and nothing is left behind.
[[nodiscard]] model::Result<> write_file_atomically(const std::filesystem::path& file,
                                                    std::string_view text, unsigned mode = 0644);
/// Replaces or makes a symbolic link in one rename, then fsyncs the directory.
[[nodiscard]] model::Result<> replace_link_atomically(const std::filesystem::path& link,
                                                      const std::filesystem::path& target);
/// The whole file; ErrorCode::not_found where it is absent, ErrorCode::invalid above `limit` bytes.
[[nodiscard]] model::Result<std::string> read_file(const std::filesystem::path& file,
                                                   std::size_t limit = 64U << 20U);
/// fsync of every file and directory below (and of) a new directory, and of its parent.
[[nodiscard]] model::Result<> sync_tree(const std::filesystem::path& directory);
/// Makes missing directories with mode 0755, each fsynced with its parent.
[[nodiscard]] model::Result<> make_directories(const std::filesystem::path& directory);
/// Removes a tree; one that is not there is no failure.
[[nodiscard]] model::Result<> remove_tree(const std::filesystem::path& directory);

}  // namespace agent::store
