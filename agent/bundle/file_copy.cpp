// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/file_copy.hpp"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

namespace agent::bundle {

using model::errno_error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

/// So much passes between two calls of the progress, in which copying can be cancelled.
constexpr std::uint64_t kKernelPiece = 8U << 20U;
constexpr std::size_t kMemoryPiece = 1U << 20U;

Result<> tell(const CopyProgress& progress, std::uint64_t done) {
    if (progress && !progress(done)) return fail(ErrorCode::busy, "cancelled");
    return {};
}

/// Returns how much was copied. Whatever is the matter with the rest, reading and writing it does
/// it, or says which of them failed.
Result<std::uint64_t> copy_in_kernel(const FileRange& from, const FileDescriptor& to,
                                     const CopyProgress& progress) {
    std::uint64_t done = 0;
    while (done < from.size) {
        auto source = static_cast<off64_t>(from.offset + done);
        auto target = static_cast<off64_t>(done);
        const ssize_t count = ::copy_file_range(from.fd.get(), &source, to.get(), &target,
                                                std::min(kKernelPiece, from.size - done), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        done += static_cast<std::uint64_t>(count);
        TRY(tell(progress, done));
    }
    return done;
}

Result<> copy_through_memory(const FileRange& from, std::uint64_t done, const FileDescriptor& to,
                             const std::filesystem::path& target, const CopyProgress& progress) {
    if (::lseek(to.get(), static_cast<off_t>(done), SEEK_SET) < 0)
        return fail(errno_error(errno, "writing " + target.string()));
    std::vector<std::byte> buffer(kMemoryPiece);
    while (done < from.size) {
        TRY_ASSIGN(const std::size_t count, read_some_at(from, done, buffer));
        if (count == 0)
            return fail(ErrorCode::invalid,
                        from.file.string() + ": ends " + std::to_string(from.size - done) +
                            " bytes too early: the file is damaged, or changed meanwhile");
        TRY(write_all(to, std::span(buffer).first(count), target));
        done += count;
        TRY(tell(progress, done));
    }
    return {};
}

}  // namespace

bool clone_range(const FileRange& from, const FileDescriptor& to) {
    // A length of 0 would mean all up to the end of the file.
    if (from.size == 0) return true;
    file_clone_range range{.src_fd = from.fd.get(),
                           .src_offset = from.offset,
                           .src_length = from.size,
                           .dest_offset = 0};
    return ::ioctl(to.get(), FICLONERANGE, &range) == 0;
}

Result<> copy_range(const FileRange& from, const FileDescriptor& to,
                    const std::filesystem::path& target, const CopyProgress& progress) {
    if (clone_range(from, to)) return tell(progress, from.size);
    TRY_ASSIGN(const std::uint64_t done, copy_in_kernel(from, to, progress));
    if (done == from.size) return {};
    return copy_through_memory(from, done, to, target, progress);
}

}  // namespace agent::bundle
