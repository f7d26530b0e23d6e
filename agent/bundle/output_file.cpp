// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace agent::bundle {

using model::errno_error;
using model::fail;
using model::Result;

namespace {

std::filesystem::path directory_of(const std::filesystem::path& file) {
    return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

Result<> sync_directory(const std::filesystem::path& directory) {
    const FileDescriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open() || ::fsync(fd.get()) != 0)
        return fail(errno_error(errno, "bringing " + directory.string() + " to disk"));
    return {};
}

}  // namespace

OutputFile::OutputFile(std::filesystem::path target, std::filesystem::path temporary,
                       FileDescriptor fd)
    : target_(std::move(target)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)) {}

OutputFile::~OutputFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<OutputFile> OutputFile::create(const std::filesystem::path& target) {
    constexpr mode_t kMode = 0644;
    std::string name = (directory_of(target) / ("." + target.filename().string() + ".XXXXXX"));
    FileDescriptor fd(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd.is_open()) return fail(errno_error(errno, "making a file beside " + target.string()));
    OutputFile file(target, name, std::move(fd));
    if (::fchmod(file.fd().get(), kMode) != 0) return fail(errno_error(errno, target.string()));
    return file;
}

Result<> OutputFile::commit() {
    return commit_as(target_);
}

Result<> OutputFile::commit_as(const std::filesystem::path& target) {
    if (::fsync(fd_.get()) != 0)
        return fail(errno_error(errno, "bringing " + target.string() + " to disk"));
    if (::rename(temporary_.c_str(), target.c_str()) != 0)
        return fail(errno_error(errno, "renaming to " + target.string()));
    temporary_.clear();
    return sync_directory(directory_of(target));
}

Result<> write_file_atomically(const std::filesystem::path& target, std::string_view content) {
    TRY_ASSIGN(OutputFile file, OutputFile::create(target));
    TRY(write_all(file.fd(), std::as_bytes(std::span(content)), target));
    return file.commit();
}

}  // namespace agent::bundle
