// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/file_data.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "agent/store/system_call.hpp"

namespace agent::volumes {

using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

namespace {

bool share(const store::Descriptor& from, const store::Descriptor& to) {
    return ::ioctl(to.get(), FICLONE, from.get()) == 0;
}

Result<> spend(CopyBudget& budget, std::uint64_t bytes, const fs::path& shown) {
    budget.written += bytes;
    if (budget.written <= budget.limit) return {};
    return model::fail(ErrorCode::conflict, shown.string() + " is more than may be copied");
}

/// One stretch of data, to where it was.
Result<> copy_stretch(const store::Descriptor& from, const store::Descriptor& to, off_t at,
                      off_t end, const fs::path& shown, CopyBudget& budget) {
    std::array<char, 1 << 17> block{};
    while (at < end) {
        const auto wanted = std::min<off_t>(end - at, block.size());
        const auto count = ::pread(from.get(), block.data(), static_cast<std::size_t>(wanted), at);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return model::fail(store::call_error("read", shown));
        // It was cut short meanwhile.
        if (count == 0) return {};
        const auto size = static_cast<std::size_t>(count);
        TRY(spend(budget, size, shown));
        if (::lseek(to.get(), at, SEEK_SET) < 0)
            return model::fail(store::call_error("write the copy of", shown));
        TRY(store::write_all(to.get(), {block.data(), size}, shown));
        at += count;
    }
    return {};
}

}  // namespace

Result<> copy_data(const store::Descriptor& from, const store::Descriptor& to,
                   const fs::path& shown, CopyBudget& budget) {
    struct stat status {};
    if (::fstat(from.get(), &status) != 0) return model::fail(store::call_error("look at", shown));
    if (status.st_size == 0 || share(from, to)) return {};
    if (::ftruncate(to.get(), status.st_size) != 0)
        return model::fail(store::call_error("write the copy of", shown));
    for (off_t at = 0; at < status.st_size;) {
        const auto start = ::lseek(from.get(), at, SEEK_DATA);
        // No data any more: the rest is a hole.
        if (start < 0 && errno == ENXIO) return {};
        const auto data = start < 0 ? at : start;
        const auto hole = ::lseek(from.get(), data, SEEK_HOLE);
        const auto end = hole < 0 ? status.st_size : hole;
        TRY(copy_stretch(from, to, data, end, shown, budget));
        at = end;
    }
    return {};
}

bool shares_blocks(const store::Descriptor& directory) {
    const int flags = O_TMPFILE | O_RDWR | O_CLOEXEC;
    const store::Descriptor one(::openat(directory.get(), ".", flags, 0600));
    const store::Descriptor other(::openat(directory.get(), ".", flags, 0600));
    if (!one.valid() || !other.valid()) return false;
    return ::write(one.get(), "x", 1) == 1 && share(one, other);
}

}  // namespace agent::volumes
