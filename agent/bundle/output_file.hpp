// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "agent/bundle/file_io.hpp"

namespace agent::bundle {

/// A file that appears under its name whole, or not at all: written beside it, renamed at the end.
class OutputFile {
  public:
    [[nodiscard]] static model::Result<OutputFile> create(const std::filesystem::path& target);
    OutputFile(OutputFile&&) noexcept;
    OutputFile& operator=(OutputFile&&) noexcept = delete;
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    /// Removes what was written, unless commit() was reached.
    ~OutputFile();

    [[nodiscard]] const FileDescriptor& fd() const { return fd_; }
    [[nodiscard]] const std::filesystem::path& temporary() const { return temporary_; }
    /// Brings the content to disk, then renames it; an older file of that name is replaced.
    [[nodiscard]] model::Result<> commit();
    /// The same, under another name in the same directory.
    [[nodiscard]] model::Result<> commit_as(const std::filesystem::path& target);

  private:
    OutputFile(std::filesystem::path target, std::filesystem::path temporary, FileDescriptor fd);

    std::filesystem::path target_;
    std::filesystem::path temporary_;
    FileDescriptor fd_;
};

[[nodiscard]] model::Result<> write_file_atomically(const std::filesystem::path& target,
                                                    std::string_view content);

}  // namespace agent::bundle
