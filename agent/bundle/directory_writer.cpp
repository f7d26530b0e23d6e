// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/directory_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "agent/bundle/verity_tree.hpp"

namespace agent::bundle {

using model::errno_error;
using model::fail;
using model::Result;

namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;
/// Below this, allocating ahead costs more than it tells.
constexpr std::uint64_t kMinAllocated = 1U << 20U;
/// So much is written before the kernel is told to start bringing it to disk.
constexpr std::uint64_t kFlushEvery = 8U << 20U;

Result<FileDescriptor> open_directory(int above, const char* name,
                                      const std::filesystem::path& path) {
    FileDescriptor fd(::openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.is_open()) return fail(errno_error(errno, path.string()));
    return fd;
}

/// The mode is set apart from making it, because the process's umask is not ours.
Result<FileDescriptor> make_directory(int above, const char* name, bool may_exist,
                                      const std::filesystem::path& path) {
    if (::mkdirat(above, name, kDirectoryMode) != 0) {
        if (errno != EEXIST || !may_exist)
            return fail(errno_error(errno, "making " + path.string()));
        return open_directory(above, name, path);
    }
    TRY_ASSIGN(FileDescriptor fd, open_directory(above, name, path));
    if (::fchmod(fd.get(), kDirectoryMode) != 0) return fail(errno_error(errno, path.string()));
    return fd;
}

}  // namespace

Result<DirectoryWriter> DirectoryWriter::create(const std::filesystem::path& directory) {
    DirectoryWriter writer;
    writer.directory_ = directory;
    TRY_ASSIGN(writer.root_, make_directory(AT_FDCWD, directory.c_str(), false, directory));
    return writer;
}

Result<> DirectoryWriter::enter(const std::filesystem::path& folder) {
    if (folder_fd_.is_open() && folder == folder_) return {};
    FileDescriptor current(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0));
    if (!current.is_open()) return fail(errno_error(errno, directory_.string()));
    for (const auto& component : folder) {
        TRY_ASSIGN(FileDescriptor next,
                   make_directory(current.get(), component.c_str(), true, directory_ / folder));
        current = std::move(next);
    }
    folder_ = folder;
    folder_fd_ = std::move(current);
    return {};
}

Result<> DirectoryWriter::begin(const std::string& path, std::uint64_t size) {
    TRY(make_file(path));
    return allocate(size);
}

Result<bool> DirectoryWriter::begin_clone(const std::string& path, const FileRange& from) {
    TRY(make_file(path));
    if (clone_range(from, file_fd_)) return true;
    TRY(allocate(from.size));
    return false;
}

Result<> DirectoryWriter::make_file(const std::string& path) {
    const std::filesystem::path relative(path);
    file_ = directory_ / relative;
    TRY(enter(relative.parent_path()));
    file_fd_ =
        FileDescriptor(::openat(folder_fd_.get(), relative.filename().c_str(),
                                O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
    if (!file_fd_.is_open()) return fail(errno_error(errno, "making " + file_.string()));
    if (::fchmod(file_fd_.get(), kFileMode) != 0) return fail(errno_error(errno, file_.string()));
    written_ = 0;
    flushed_ = 0;
    return {};
}

/// A disk that is too full says so here, before gigabytes were written. File systems that cannot
/// allocate ahead say so too, and are written to without.
Result<> DirectoryWriter::allocate(std::uint64_t size) {
    if (size >= kMinAllocated && ::fallocate(file_fd_.get(), 0, 0, static_cast<off_t>(size)) != 0 &&
        (errno == ENOSPC || errno == EDQUOT))
        return fail(errno_error(errno, "making room for " + file_.string()));
    return {};
}

Result<> DirectoryWriter::write(std::span<const std::byte> data) {
    TRY(write_all(file_fd_, data, file_));
    written_ += data.size();
    start_flushing();
    return {};
}

Result<> DirectoryWriter::copy(const FileRange& from, const CopyProgress& progress) {
    return copy_range(from, file_fd_, file_, [&](std::uint64_t done) {
        written_ = done;
        start_flushing();
        return !progress || progress(done);
    });
}

void DirectoryWriter::start_flushing() {
    if (written_ - flushed_ < kFlushEvery) return;
    ::sync_file_range(file_fd_.get(), static_cast<off_t>(flushed_),
                      static_cast<off_t>(written_ - flushed_), SYNC_FILE_RANGE_WRITE);
    flushed_ = written_;
}

Result<> DirectoryWriter::append_tree() {
    // What was allocated ahead is behind the data.
    if (::ftruncate(file_fd_.get(), static_cast<off_t>(written_)) != 0)
        return fail(errno_error(errno, "writing " + file_.string()));
    TRY(append_verity_tree(file_fd_, file_));
    return {};
}

Result<> DirectoryWriter::end() {
    file_fd_ = FileDescriptor();
    return {};
}

Result<> DirectoryWriter::write_file(const std::string& path, std::string_view content) {
    TRY(begin(path, content.size()));
    TRY(write(std::as_bytes(std::span(content))));
    return end();
}

Result<> DirectoryWriter::sync() {
    if (::syncfs(root_.get()) != 0)
        return fail(errno_error(errno, "bringing " + directory_.string() + " to disk"));
    return {};
}

}  // namespace agent::bundle
