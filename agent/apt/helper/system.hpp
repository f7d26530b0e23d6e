// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>

#include "agent/model/result.hpp"

namespace agent::apt::helper {

/// Reads the machine's configuration of apt, with what we do otherwise: nobody is asked anything,
/// only what is needed comes, and the administrator's configuration files stay as they are.
[[nodiscard]] model::Result<> initialise_apt();

/// The lock of dpkg's front ends, and that of dpkg itself.
inline constexpr const char* kFrontendLock = "/var/lib/dpkg/lock-frontend";
inline constexpr const char* kDpkgLock = "/var/lib/dpkg/lock";

/// Whether somebody else has that fcntl(2) lock.
[[nodiscard]] bool is_locked(const std::string& file);
/// Waits until nobody else has that fcntl(2) lock. ErrorCode::busy, with the process that has it,
/// where that takes longer.
[[nodiscard]] model::Result<> wait_for_lock(const std::string& file,
                                            std::chrono::steady_clock::time_point deadline);

/// Holds the lock of dpkg's front ends; no dpkg of others runs meanwhile.
class FrontendLock {
  public:
    [[nodiscard]] static model::Result<FrontendLock> acquire(std::chrono::seconds wait);
    FrontendLock(FrontendLock&& other) noexcept;
    FrontendLock& operator=(FrontendLock&&) = delete;
    ~FrontendLock();

  private:
    explicit FrontendLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace agent::apt::helper
