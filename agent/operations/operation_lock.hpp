// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/context.hpp"
#include "agent/store/lock.hpp"

namespace agent::operations {

/// The lock of a changing operation. Calls of the engine and of the package manager hold it as
/// well, so that nobody begins anything beside a call that a killed agent has left behind.
class OperationLock {
  public:
    /// As store::Lock::acquire().
    [[nodiscard]] static model::Result<OperationLock> acquire(const Context& context,
                                                              const std::string& operation);
    ~OperationLock();
    OperationLock(OperationLock&& other) noexcept
        : host_(std::exchange(other.host_, nullptr)), lock_(std::move(other.lock_)) {}
    OperationLock& operator=(OperationLock&&) = delete;

  private:
    OperationLock(const Host& host, store::Lock lock) : host_(&host), lock_(std::move(lock)) {}
    const Host* host_;
    store::Lock lock_;
};

}  // namespace agent::operations
