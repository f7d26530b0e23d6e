// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "agent/store/atomic_file.hpp"
#include "agent/store/json_text.hpp"
#include "agent/store/system_call.hpp"
#include "agent/store/timestamp.hpp"

namespace agent::store {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr int kLockFormat = 1;

/// Best effort: who cannot read it is told less, and a full disk must not keep anybody from
/// removing a bundle.
void name_holder(int descriptor, const std::string& operation) {
    const Json holder = {{"format", kLockFormat},
                         {"pid", ::getpid()},
                         {"operation", operation},
                         {"since", to_rfc3339(std::chrono::system_clock::now())}};
    const std::string text = json_line(holder);
    // Readers take the first line, so what an earlier holder left behind it does no harm.
    const ssize_t written = ::pwrite(descriptor, text.data(), text.size(), 0);
    const bool whole = written == static_cast<ssize_t>(text.size());
    [[maybe_unused]] const int ignored = ::ftruncate(descriptor, whole ? written : 0);
}

bool is_alive(std::int64_t pid) {
    return pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

/// ": install (pid 123, since 2026-01-02 03:04:05Z)"; empty where the holder has not said yet, or
/// where the line is still that of a dead one.
std::string holder_text(int descriptor) {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::pread(descriptor, buffer.data(), buffer.size(), 0);
    const std::string_view text(buffer.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
    const auto holder = parse_object(text.substr(0, text.find('\n')));
    if (!holder) return {};
    const auto since = parse_rfc3339(string_of(*holder, "since"));
    const auto pid = integer_of(*holder, "pid");
    if (!since || !is_alive(pid)) return {};
    return ": " + string_of(*holder, "operation") + " (pid " + std::to_string(pid) + ", since " +
           to_readable_time(*since) + ")";
}

Result<> take(int descriptor, const std::filesystem::path& file) {
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return fail(call_error("lock", file));
    return fail(ErrorCode::busy,
                "another operation is running" + holder_text(descriptor) + "; wait for it to end");
}

}  // namespace

Result<Lock> Lock::acquire(const Paths& paths, const std::string& operation) {
    return acquire_file(paths, paths.lock(), operation);
}

Result<Lock> Lock::acquire_units(const Paths& paths, const std::string& operation) {
    return acquire_file(paths, paths.units_lock(), operation);
}

Result<Lock> Lock::acquire_file(const Paths& paths, const std::filesystem::path& file,
                                const std::string& operation) {
    TRY(make_directories(paths.state()));
    // Not readable by all: flock(2) needs no right to write, and whoever can open it can hold it.
    TRY_ASSIGN(Descriptor descriptor, open_path(file, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
    TRY(take(descriptor.get(), file));
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0) return fail(call_error("lock", file));
    if (status.st_nlink == 0)
        return fail(ErrorCode::busy, file.string() + " was removed meanwhile; try again");
    name_holder(descriptor.get(), operation);
    return Lock(descriptor.release());
}

Lock::~Lock() {
    if (descriptor_ < 0) return;
    [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, 0);
    ::close(descriptor_);
}

Lock::Lock(Lock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Lock& Lock::operator=(Lock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

}  // namespace agent::store
