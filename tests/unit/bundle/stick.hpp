// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <limits>

namespace tests {

/// The file that gives so many bytes, and then EIO as a stick that was pulled.
struct Stick {
    std::filesystem::path file;
    off_t gives = std::numeric_limits<off_t>::max();
    /// Whether copy_file_range(2) works from it.
    bool copies = true;
    /// Whether FICLONERANGE works from it, with the file system's rules for blocks of 4096 bytes.
    bool clones = false;
    /// Bytes that read(2) and pread(2) gave.
    std::uint64_t read = 0;
};

/// Calls of this process for that file are answered so; for all other files, and without one, by
/// the kernel.
Stick& stick();

/// Takes the stick out at the end.
struct StickInUse {
    explicit StickInUse(const Stick& used) { stick() = used; }
    StickInUse(const StickInUse&) = delete;
    StickInUse& operator=(const StickInUse&) = delete;
    ~StickInUse() { stick() = {}; }
};

}  // namespace tests
