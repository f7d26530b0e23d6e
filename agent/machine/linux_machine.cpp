// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/linux_machine.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <thread>

#include "agent/machine/os_release.hpp"

namespace agent::machine {

namespace {

using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

/// The path itself, or the nearest parent that exists: where it would be made.
fs::path nearest_existing(const fs::path& path) {
    std::error_code error;
    fs::path nearest = fs::absolute(path, error).lexically_normal();
    while (!fs::exists(nearest, error) && nearest.has_relative_path())
        nearest = nearest.parent_path();
    return nearest;
}

}  // namespace

std::chrono::system_clock::time_point LinuxMachine::now() {
    return std::chrono::system_clock::now();
}

std::chrono::steady_clock::time_point LinuxMachine::monotonic() {
    return std::chrono::steady_clock::now();
}

void LinuxMachine::sleep_for(std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
}

std::string LinuxMachine::boot_id() {
    std::ifstream stream("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(stream, id);
    return id;
}

std::string LinuxMachine::new_id() {
    std::array<unsigned char, 16> bytes{};
    // Of up to 256 bytes it gives all, and fails only before the kernel's pool is filled once.
    while (::getrandom(bytes.data(), bytes.size(), 0) < 0 && errno == EINTR) {
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string id;
    for (const auto byte : bytes) {
        id += kDigits[byte >> 4U];
        id += kDigits[byte & 0xfU];
    }
    return id;
}

Result<std::string> LinuxMachine::os_version_id() {
    for (const char* file : {"etc/os-release", "usr/lib/os-release"}) {
        std::ifstream stream(root_ / file, std::ios::binary);
        if (!stream) continue;
        const std::string text(std::istreambuf_iterator<char>(stream), {});
        auto value = os_release_value(text, "VERSION_ID");
        if (value && !value->empty()) return *std::move(value);
        return model::fail(ErrorCode::not_found, (root_ / file).string() +
                                                     " has no VERSION_ID, so the version of the "
                                                     "operating system is not known");
    }
    return model::fail(
        ErrorCode::not_found,
        "there is no etc/os-release and no usr/lib/os-release below " + root_.string());
}

std::string LinuxMachine::architecture() {
    // Of this program, not of the kernel: an i386 or armhf system may run on a 64-bit kernel.
#if defined(__x86_64__) && defined(__ILP32__)
    return "x32";
#elif defined(__x86_64__)
    return "amd64";
#elif defined(__aarch64__)
    return "arm64";
#elif defined(__arm__) && defined(__ARM_PCS_VFP)
    return "armhf";
#elif defined(__arm__)
    return "armel";
#elif defined(__i386__)
    return "i386";
#elif defined(__riscv) && __riscv_xlen == 64
    return "riscv64";
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    return "ppc64el";
#elif defined(__s390x__)
    return "s390x";
#elif defined(__loongarch64)
    return "loong64";
#elif defined(__mips64) && defined(__MIPSEL__)
    return "mips64el";
#else
#error "Add Debian's name of this architecture (dpkg-architecture -L)"
#endif
}

Result<std::uint64_t> LinuxMachine::free_space(const fs::path& path) {
    struct statvfs space {};
    const auto nearest = nearest_existing(path);
    if (statvfs(nearest.c_str(), &space) != 0)
        return model::fail(model::errno_error(errno, "free space of " + nearest.string()));
    // The blocks that are reserved for root (mke2fs -m) are there for root only.
    const auto blocks = geteuid() == 0 ? space.f_bfree : space.f_bavail;
    return std::uint64_t{blocks} * space.f_frsize;
}

Result<bool> LinuxMachine::is_full(const fs::path& path) {
    constexpr std::uint64_t kLeastBytes = 1U << 20U;
    constexpr fsfilcnt_t kLeastFiles = 128;
    struct statvfs space {};
    const auto nearest = nearest_existing(path);
    if (statvfs(nearest.c_str(), &space) != 0)
        return model::fail(model::errno_error(errno, "free space of " + nearest.string()));
    // A file system that makes inodes as it needs them counts none.
    const bool without_files = space.f_files != 0 && space.f_ffree < kLeastFiles;
    return without_files || std::uint64_t{space.f_bfree} * space.f_frsize < kLeastBytes;
}

Result<std::uint64_t> LinuxMachine::file_system(const fs::path& path) {
    struct stat status {};
    const auto nearest = nearest_existing(path);
    if (stat(nearest.c_str(), &status) != 0)
        return model::fail(model::errno_error(errno, nearest.string()));
    return std::uint64_t{status.st_dev};
}

Result<> LinuxMachine::sync_file_system(const fs::path& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return model::fail(model::errno_error(errno, path.string()));
    const int error = syncfs(fd) == 0 ? 0 : errno;
    close(fd);
    if (error != 0)
        return model::fail(model::errno_error(
            error, "cannot write the file system of " + path.string() + " to disk"));
    return {};
}

}  // namespace agent::machine
