// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/file_io.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace agent::bundle {

using model::errno_error;
using model::Error;
using model::ErrorCode;
using model::fail;
using model::Result;

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
}

FileRange whole_of(const FileDescriptor& fd, const std::filesystem::path& file) {
    return {fd, file, 0, std::numeric_limits<off_t>::max()};
}

Error medium_error(int error_number, const std::filesystem::path& file) {
    return {
        ErrorCode::unreachable,
        errno_error(error_number, "reading " + file.string()).message() +
            ": the medium that the file lies on fails or is gone: copy the file to another one"};
}

Result<FileDescriptor> open_regular(const std::filesystem::path& file) {
    FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!fd.is_open()) return fail(errno_error(errno, file.string()));
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail(errno_error(errno, file.string()));
    if (!S_ISREG(status.st_mode))
        return fail(ErrorCode::invalid, file.string() + ": is not a regular file");
    return fd;
}

Result<std::uint64_t> size_of(const FileDescriptor& fd, const std::filesystem::path& file) {
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail(errno_error(errno, file.string()));
    return static_cast<std::uint64_t>(status.st_size);
}

Result<std::size_t> read_some(const FileDescriptor& fd, std::span<std::byte> buffer,
                              const std::filesystem::path& file) {
    for (;;) {
        const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) return fail(errno_error(errno, "reading " + file.string()));
    }
}

Result<std::size_t> read_some_at(const FileRange& range, std::uint64_t position,
                                 std::span<std::byte> buffer) {
    const auto wanted = std::min<std::uint64_t>(buffer.size(), range.size - position);
    for (;;) {
        const ssize_t count = ::pread(range.fd.get(), buffer.data(), wanted,
                                      static_cast<off_t>(range.offset + position));
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) return fail(medium_error(errno, range.file));
    }
}

Result<std::string> read_file(const std::filesystem::path& file, std::uint64_t limit) {
    TRY_ASSIGN(const FileDescriptor fd, open_regular(file));
    std::string text;
    constexpr std::size_t kStep = 64U << 10U;
    for (;;) {
        const std::size_t old = text.size();
        text.resize(old + kStep);
        TRY_ASSIGN(const std::size_t count,
                   read_some(fd, std::as_writable_bytes(std::span(text)).subspan(old), file));
        text.resize(old + count);
        if (text.size() > limit)
            return fail(ErrorCode::invalid,
                        file.string() + ": is larger than " + std::to_string(limit) + " bytes");
        if (count == 0) return text;
    }
}

Result<> write_all(const FileDescriptor& fd, std::span<const std::byte> data,
                   const std::filesystem::path& file) {
    while (!data.empty()) {
        const ssize_t count = ::write(fd.get(), data.data(), data.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(errno_error(errno, "writing " + file.string()));
        data = data.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace agent::bundle
