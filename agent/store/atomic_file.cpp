// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "agent/store/system_call.hpp"

namespace agent::store {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

/// The directory that a file lies in, held open, so that temporary file, rename and fsync are in
/// the same one whatever is renamed meanwhile.
struct Place {
    Descriptor directory;
    std::filesystem::path parent;
    std::string name;
};

Result<Place> open_place(const std::filesystem::path& file) {
    Place place;
    place.name = file.filename().string();
    place.parent = file.has_parent_path() ? file.parent_path() : ".";
    if (place.name.empty() || place.name == "." || place.name == "..")
        return fail(ErrorCode::internal, "no file name: " + file.string());
    TRY_ASSIGN(place.directory, open_directory(place.parent));
    return place;
}

/// A temporary name in a place; what has it is removed again unless it took the real name.
class Unfinished {
  public:
    /// `make` makes the thing under the name it is given, and fails with EEXIST where the name is
    /// taken: by another thread, or by a dead process that had the same pid.
    template <typename Make>
    [[nodiscard]] static Result<Unfinished> create(const Place& place, const Make& make) {
        constexpr int kAttempts = 1000;
        const std::string prefix = std::string(kUnfinishedPrefix) + std::to_string(::getpid());
        for (int attempt = 0; attempt < kAttempts; ++attempt) {
            std::string name = prefix + "-" + std::to_string(attempt);
            if (make(name.c_str())) return Unfinished(place, std::move(name));
            if (errno != EEXIST) break;
        }
        return fail(call_error("write", place.parent / place.name));
    }
    ~Unfinished() {
        if (place_ != nullptr) ::unlinkat(place_->directory.get(), name_.c_str(), 0);
    }
    Unfinished(Unfinished&& other) noexcept
        : place_(std::exchange(other.place_, nullptr)), name_(std::move(other.name_)) {}
    Unfinished& operator=(Unfinished&& other) noexcept {
        std::swap(place_, other.place_);
        std::swap(name_, other.name_);
        return *this;
    }

    [[nodiscard]] Result<> finish() {
        const int directory = place_->directory.get();
        if (::renameat(directory, name_.c_str(), directory, place_->name.c_str()) != 0)
            return fail(call_error("replace", place_->parent / place_->name));
        const Place& place = *std::exchange(place_, nullptr);
        return sync(directory, place.parent);
    }

  private:
    Unfinished(const Place& place, std::string name) : place_(&place), name_(std::move(name)) {}
    const Place* place_ = nullptr;
    std::string name_;
};

}  // namespace

Result<> write_file_atomically(const std::filesystem::path& file, std::string_view text,
                               unsigned mode) {
    TRY_ASSIGN(const Place place, open_place(file));
    Descriptor descriptor;
    TRY_ASSIGN(auto unfinished, Unfinished::create(place, [&](const char* name) {
                   constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
                   descriptor = Descriptor(::openat(place.directory.get(), name, kFlags, 0600));
                   return descriptor.valid();
               }));
    TRY(write_all(descriptor.get(), text, file));
    if (::fchmod(descriptor.get(), mode) != 0) return fail(call_error("set the mode of", file));
    TRY(sync(descriptor.get(), file));
    return unfinished.finish();
}

Result<> replace_link_atomically(const std::filesystem::path& link,
                                 const std::filesystem::path& target) {
    TRY_ASSIGN(const Place place, open_place(link));
    TRY_ASSIGN(auto unfinished, Unfinished::create(place, [&](const char* name) {
                   return ::symlinkat(target.c_str(), place.directory.get(), name) == 0;
               }));
    return unfinished.finish();
}

Result<std::string> read_file(const std::filesystem::path& file, std::size_t limit) {
    // Non-blocking, because nobody may ever write into a fifo that lies where a file should.
    TRY_ASSIGN(const Descriptor descriptor, open_path(file, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    struct stat status {};
    if (::fstat(descriptor.get(), &status) != 0) return fail(call_error("read", file));
    if (!S_ISREG(status.st_mode))
        return fail(ErrorCode::invalid, file.string() + " is not a regular file");
    constexpr std::size_t kChunk = 64U << 10U;
    std::string text;
    for (std::size_t size = 0;;) {
        text.resize(size + kChunk);
        const ssize_t got = ::read(descriptor.get(), text.data() + size, kChunk);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(call_error("read", file));
        size += static_cast<std::size_t>(got);
        text.resize(size);
        if (size > limit)
            return fail(ErrorCode::invalid,
                        file.string() + " is larger than " + std::to_string(limit) + " bytes");
        if (got == 0) return text;
    }
}

Result<> move_into_place(const std::filesystem::path& unfinished,
                         const std::filesystem::path& name) {
    struct stat status {};
    if (::lstat(name.c_str(), &status) == 0)
        return fail(ErrorCode::internal, name.string() + " is there already");
    if (::rename(unfinished.c_str(), name.c_str()) != 0) return fail(call_error("make", name));
    return sync_directory(name.parent_path());
}

}  // namespace agent::store
