// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper/system.hpp"

#include <apt-pkg/configuration.h>
#include <apt-pkg/error.h>
#include <apt-pkg/fileutl.h>
#include <apt-pkg/init.h>
#include <apt-pkg/pkgsystem.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include "agent/apt/helper/answer.hpp"

namespace agent::apt::helper {

namespace {

using model::ErrorCode;
using model::Result;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kAskAgain{200};

void set_environment() {
    ::setenv("DEBIAN_FRONTEND", "noninteractive", 1);
    // Hooks of apt that would ask as well, see apt-listchanges(1) and apt-listbugs(1).
    ::setenv("APT_LISTCHANGES_FRONTEND", "none", 1);
    ::setenv("APT_LISTBUGS_FRONTEND", "none", 1);
    // It would restart services of others in the middle of a transaction.
    ::setenv("NEEDRESTART_SUSPEND", "1", 1);
    // Failures are told apart by their texts.
    ::setenv("LC_ALL", "C.UTF-8", 1);
    // dpkg refuses to work without ldconfig, which not every caller has in his.
    ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    ::umask(022);
}

/// Of the process that has the lock; nothing where it is free.
std::optional<pid_t> holder(const std::string& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const int asked = ::fcntl(descriptor, F_GETLK, &lock);
    ::close(descriptor);
    if (asked < 0 || lock.l_type == F_UNLCK) return std::nullopt;
    return lock.l_pid;
}

std::string name_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/comm");
    std::string name;
    std::getline(file, name);
    return name.empty() ? "" : " (" + name + ")";
}

}  // namespace

Result<> initialise_apt() {
    set_environment();
    if (!pkgInitConfig(*_config))
        return model::fail(apt_failure(ErrorCode::internal, "apt's configuration"));
    // What is installed without need has to be judged and undone without need.
    _config->Set("APT::Install-Recommends", false);
    _config->Set("APT::Install-Suggests", false);
    // Else dpkg leads a session of its own and outlives us, half done, when we are ended.
    _config->Set("Dpkg::Use-Pty", false);
    _config->Set("DPkg::Options::", "--force-confold");
    // Files of another package that were overwritten could not be put back.
    _config->Set("DPkg::Options::", "--no-force-overwrite");
    _config->Set("quiet", 2);
    if (!pkgInitSystem(*_config, _system))
        return model::fail(apt_failure(ErrorCode::internal, "apt's package system"));
    return {};
}

bool is_locked(const std::string& file) {
    return holder(file).has_value();
}

Result<> wait_for_lock(const std::string& file, Clock::time_point deadline) {
    while (true) {
        const auto process = holder(file);
        if (!process) return {};
        if (Clock::now() >= deadline)
            return model::fail(ErrorCode::busy, "the process " + std::to_string(*process) +
                                                    name_of(*process) + " works with packages (" +
                                                    file + "); try again when it has ended");
        std::this_thread::sleep_for(kAskAgain);
    }
}

Result<FrontendLock> FrontendLock::acquire(std::chrono::seconds wait) {
    const auto deadline = Clock::now() + wait;
    while (true) {
        TRY(wait_for_lock(kFrontendLock, deadline));
        const int descriptor = GetLock(kFrontendLock, false);
        if (descriptor >= 0) {
            FrontendLock lock(descriptor);
            // A dpkg that lost its front end still works.
            TRY(wait_for_lock(kDpkgLock, deadline));
            return lock;
        }
        if (Clock::now() >= deadline)
            return model::fail(apt_failure(ErrorCode::internal, kFrontendLock));
        std::this_thread::sleep_for(kAskAgain);
    }
}

FrontendLock::FrontendLock(FrontendLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FrontendLock::~FrontendLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace agent::apt::helper
