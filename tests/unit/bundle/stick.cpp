// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/bundle/stick.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace tests {

Stick& stick() {
    static Stick instance;
    return instance;
}

namespace {

bool is_on_stick(int descriptor) {
    if (stick().file.empty()) return false;
    std::error_code ignored;
    const auto link = "/proc/self/fd/" + std::to_string(descriptor);
    return std::filesystem::read_symlink(link, ignored) == stick().file;
}

/// How much of `size` bytes at `offset` can be had; 0 with errno where nothing can.
std::size_t given(off_t offset, std::size_t size) {
    const off_t left = stick().gives - offset;
    if (left <= 0) errno = EIO;
    return left <= 0 ? 0 : std::min(size, static_cast<std::size_t>(left));
}

ssize_t counted(ssize_t count) {
    if (count > 0) stick().read += static_cast<std::uint64_t>(count);
    return count;
}

ssize_t read_at(int descriptor, void* buffer, std::size_t size, off_t offset) {
    if (!is_on_stick(descriptor)) return ::syscall(SYS_pread64, descriptor, buffer, size, offset);
    size = given(offset, size);
    return size == 0 ? -1 : counted(::syscall(SYS_pread64, descriptor, buffer, size, offset));
}

ssize_t copy(int from, off64_t* offset, int to, off64_t* target, std::size_t size) {
    return ::syscall(SYS_copy_file_range, from, offset, to, target, size, 0);
}

int clone(int to, const file_clone_range& range) {
    constexpr std::uint64_t kBlock = 4096;
    struct stat status {};
    const auto from = static_cast<int>(range.src_fd);
    if (!stick().clones || ::fstat(from, &status) != 0) {
        errno = EOPNOTSUPP;
        return -1;
    }
    const auto end = range.src_offset + range.src_length;
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (end > size || range.src_offset % kBlock != 0 ||
        (range.src_length % kBlock != 0 && end != size)) {
        errno = EINVAL;
        return -1;
    }
    auto offset = static_cast<off64_t>(range.src_offset);
    off64_t target = 0;
    while (static_cast<std::uint64_t>(offset) < end)
        if (copy(from, &offset, to, &target, end - static_cast<std::uint64_t>(offset)) <= 0)
            return -1;
    return 0;
}

}  // namespace

}  // namespace tests

// Other names in C++, so that the C library's headers say nothing about these definitions.
extern "C" {
ssize_t read_from_stick(int descriptor, void* buffer, std::size_t size) __asm__("read");
ssize_t pread_from_stick(int descriptor, void* buffer, std::size_t size,
                         off_t offset) __asm__("pread");
ssize_t pread64_from_stick(int descriptor, void* buffer, std::size_t size,
                           off64_t offset) __asm__("pread64");
ssize_t copy_from_stick(int from, off64_t* offset, int to, off64_t* target, std::size_t size,
                        unsigned flags) __asm__("copy_file_range");
int ioctl_on_stick(int descriptor, unsigned long request, void* argument) __asm__("ioctl");

ssize_t read_from_stick(int descriptor, void* buffer, std::size_t size) {
    if (!tests::is_on_stick(descriptor)) return ::syscall(SYS_read, descriptor, buffer, size);
    size = tests::given(::lseek(descriptor, 0, SEEK_CUR), size);
    return size == 0 ? -1 : tests::counted(::syscall(SYS_read, descriptor, buffer, size));
}

ssize_t pread_from_stick(int descriptor, void* buffer, std::size_t size, off_t offset) {
    return tests::read_at(descriptor, buffer, size, offset);
}

ssize_t pread64_from_stick(int descriptor, void* buffer, std::size_t size, off64_t offset) {
    return tests::read_at(descriptor, buffer, size, offset);
}

ssize_t copy_from_stick(int from, off64_t* offset, int to, off64_t* target, std::size_t size,
                        unsigned /*flags*/) {
    if (!tests::is_on_stick(from)) return tests::copy(from, offset, to, target, size);
    if (!tests::stick().copies) {
        errno = EXDEV;
        return -1;
    }
    size = tests::given(*offset, size);
    return size == 0 ? -1 : tests::copy(from, offset, to, target, size);
}

int ioctl_on_stick(int descriptor, unsigned long request, void* argument) {
    if (request == FICLONERANGE) {
        const auto& range = *static_cast<const file_clone_range*>(argument);
        if (tests::is_on_stick(static_cast<int>(range.src_fd)))
            return tests::clone(descriptor, range);
    }
    return static_cast<int>(::syscall(SYS_ioctl, descriptor, request, argument));
}
}
