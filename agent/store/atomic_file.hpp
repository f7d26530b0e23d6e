// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::store {

/// Names of something unfinished, and of something half removed; see docs/on-disk.md.
inline constexpr std::string_view kUnfinishedPrefix = ".new-";
inline constexpr std::string_view kRemovedPrefix = ".gone-";
/// Whether the name in a directory is one of these.
[[nodiscard]] bool is_leftover(std::string_view name);

/// Replaces a file whole: temporary file in the same directory, fsync, rename, fsync of the
/// directory. After a failure the old file is untouched and nothing is left behind (a failure of
/// the last fsync excepted: then the new file is there, and may be lost with the power).
[[nodiscard]] model::Result<> write_file_atomically(const std::filesystem::path& file,
                                                    std::string_view text, unsigned mode = 0644);
/// Replaces or makes a symbolic link in one rename, then fsyncs the directory.
[[nodiscard]] model::Result<> replace_link_atomically(const std::filesystem::path& link,
                                                      const std::filesystem::path& target);
/// The whole file; ErrorCode::not_found where it is absent, ErrorCode::invalid above `limit` bytes.
[[nodiscard]] model::Result<std::string> read_file(const std::filesystem::path& file,
                                                   std::size_t limit = 64U << 20U);
/// Everything of a new directory, and its name, is on disk when this returns: syncfs(2), which
/// reports failed writes since Linux 5.8, of the file system that it is on.
[[nodiscard]] model::Result<> sync_tree(const std::filesystem::path& directory);
/// Gives a synced file or directory its name in the same directory, and fsyncs that.
/// ErrorCode::internal where the name is taken.
[[nodiscard]] model::Result<> move_into_place(const std::filesystem::path& unfinished,
                                              const std::filesystem::path& name);
/// The same, and in one step for what has the name already, which is removed after that.
[[nodiscard]] model::Result<> replace_directory(const std::filesystem::path& unfinished,
                                                const std::filesystem::path& name);
/// Names in a directory, sorted; none where it is missing.
[[nodiscard]] model::Result<std::vector<std::string>> names_in(
    const std::filesystem::path& directory);
/// Makes missing directories with mode 0755, each fsynced with its parent.
[[nodiscard]] model::Result<> make_directories(const std::filesystem::path& directory);
/// Removes a tree and follows no link; one that is not there is no failure.
[[nodiscard]] model::Result<> remove_tree(const std::filesystem::path& directory);
/// The same, but the name goes first, with the whole tree: whenever it ends, the directory is whole
/// or not there, and what is left is a leftover.
[[nodiscard]] model::Result<> remove_whole(const std::filesystem::path& directory);

}  // namespace agent::store
