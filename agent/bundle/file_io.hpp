// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "agent/model/result.hpp"

namespace agent::bundle {

/// A file descriptor that is closed with its owner.
class FileDescriptor {
  public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor();

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool is_open() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

/// A part of an open file that outlives this; `file` names it in errors.
struct FileRange {
    const FileDescriptor& fd;
    std::filesystem::path file;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

/// From the start of an open file to its end, wherever that is.
[[nodiscard]] FileRange whole_of(const FileDescriptor& fd, const std::filesystem::path& file);

/// ErrorCode::unreachable: what the file lies on cannot be read.
[[nodiscard]] model::Error medium_error(int error_number, const std::filesystem::path& file);

/// Opens a regular file for reading, never waiting for a writer as a FIFO would.
[[nodiscard]] model::Result<FileDescriptor> open_regular(const std::filesystem::path& file);
[[nodiscard]] model::Result<std::uint64_t> size_of(const FileDescriptor& fd,
                                                   const std::filesystem::path& file);
/// The bytes read, 0 at the end of the file.
[[nodiscard]] model::Result<std::size_t> read_some(const FileDescriptor& fd,
                                                   std::span<std::byte> buffer,
                                                   const std::filesystem::path& file);
/// The bytes read from `position` of the range on, 0 at the end of the range or of the file.
[[nodiscard]] model::Result<std::size_t> read_some_at(const FileRange& range,
                                                      std::uint64_t position,
                                                      std::span<std::byte> buffer);
/// The whole of a regular file; ErrorCode::invalid when it is larger than `limit` bytes.
[[nodiscard]] model::Result<std::string> read_file(const std::filesystem::path& file,
                                                   std::uint64_t limit);
[[nodiscard]] model::Result<> write_all(const FileDescriptor& fd, std::span<const std::byte> data,
                                        const std::filesystem::path& file);

}  // namespace agent::bundle
