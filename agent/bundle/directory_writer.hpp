// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "agent/bundle/file_copy.hpp"
#include "agent/bundle/file_io.hpp"

namespace agent::bundle {

/// Writes members below a directory of its own, one after the other. Nothing is followed and
/// nothing overwritten: every step opens relative to the directory above it, without links.
class DirectoryWriter {
  public:
    /// Makes the directory, which must not exist, while that above it must.
    [[nodiscard]] static model::Result<DirectoryWriter> create(
        const std::filesystem::path& directory);

    /// Starts the member `path` (checked by member_path_problem()) of `size` bytes.
    [[nodiscard]] model::Result<> begin(const std::string& path, std::uint64_t size);
    /// Starts the member as a clone of `from`. False where the file system cannot: then it has no
    /// content yet, as after begin().
    [[nodiscard]] model::Result<bool> begin_clone(const std::string& path, const FileRange& from);
    [[nodiscard]] model::Result<> write(std::span<const std::byte> data);
    /// Writes all of the member, as a copy of `from`.
    [[nodiscard]] model::Result<> copy(const FileRange& from, const CopyProgress& progress);
    /// What the member has by now, to be read until end().
    [[nodiscard]] FileRange content() const { return whole_of(file_fd_, file_); }
    /// Appends the hash tree to the member that was written, see append_verity_tree().
    [[nodiscard]] model::Result<> append_tree();
    [[nodiscard]] model::Result<> end();
    [[nodiscard]] model::Result<> write_file(const std::string& path, std::string_view content);
    /// Returns when everything is on disk.
    [[nodiscard]] model::Result<> sync();

  private:
    [[nodiscard]] model::Result<> make_file(const std::string& path);
    [[nodiscard]] model::Result<> allocate(std::uint64_t size);
    void start_flushing();
    [[nodiscard]] model::Result<> enter(const std::filesystem::path& folder);

    std::filesystem::path directory_;
    FileDescriptor root_;
    /// The folder that the last member was in: blobs follow each other.
    std::filesystem::path folder_;
    FileDescriptor folder_fd_;
    std::filesystem::path file_;
    FileDescriptor file_fd_;
    std::uint64_t written_ = 0;
    std::uint64_t flushed_ = 0;
};

}  // namespace agent::bundle
