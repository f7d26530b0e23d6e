// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/passed_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace agent::service {

namespace {

using model::ErrorCode;
using model::Result;

std::string fd_name(unsigned job, std::size_t index) {
    return "job-" + std::to_string(job) + "-" + std::to_string(index);
}

void free_names(char** names) {
    for (char** name = names; name != nullptr && *name != nullptr; ++name)
        std::free(*name);
    std::free(names);
}

}  // namespace

Result<store::Descriptor> take_file(int passed, const std::string& name) {
    struct stat status {};
    const int flags = ::fcntl(passed, F_GETFL);
    if (flags < 0 || ::fstat(passed, &status) != 0)
        return model::fail(model::errno_error(errno, name));
    if (!S_ISREG(status.st_mode))
        return model::fail(ErrorCode::invalid, name + ": is not a regular file");
    if ((flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY)
        return model::fail(ErrorCode::invalid, name + ": is not open for reading");
    store::Descriptor file(::fcntl(passed, F_DUPFD_CLOEXEC, 3));
    if (!file.valid()) return model::fail(model::errno_error(errno, name));
    return file;
}

std::string identity_of(const store::Descriptor& file) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return {};
    return "file:" + std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

void keep_files(unsigned job, const std::vector<store::Descriptor>& files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        const int fd = files[i].get();
        const auto message = "FDSTORE=1\nFDNAME=" + fd_name(job, i);
        ::sd_pid_notify_with_fds(0, 0, message.c_str(), &fd, 1);
    }
    // Kept before the caller is told that there is a job, whatever becomes of us then.
    constexpr std::uint64_t kBound = 5'000'000;
    if (!files.empty()) ::sd_notify_barrier(0, kBound);
}

void drop_files(unsigned job, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        ::sd_notify(0, ("FDSTOREREMOVE=1\nFDNAME=" + fd_name(job, i)).c_str());
}

std::map<unsigned, std::vector<store::Descriptor>> kept_files() {
    std::map<unsigned, std::vector<store::Descriptor>> kept;
    char** names = nullptr;
    const int count = ::sd_listen_fds_with_names(1, &names);
    for (int i = 0; i < count; ++i) {
        store::Descriptor file(SD_LISTEN_FDS_START + i);
        unsigned job = 0;
        unsigned index = 0;
        if (std::sscanf(names[i], "job-%u-%u", &job, &index) != 2 || index >= 64) continue;
        auto& files = kept[job];
        if (files.size() <= index) files.resize(index + 1);
        files[index] = std::move(file);
    }
    free_names(names);
    return kept;
}

}  // namespace agent::service
