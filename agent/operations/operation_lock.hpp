// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/context.hpp"
#include "agent/store/lock.hpp"

namespace agent::operations {

/// The lock of a changing operation. Calls of the engine hold it as well, so that nobody begins
/// anything beside a call that a killed agent has left behind.
class OperationLock {
  public:
    /// As store::Lock::acquire().
    [[nodiscard]] static model::Result<OperationLock> acquire(const Context& context,
                                                              const std::string& operation);
    ~OperationLock();
    OperationLock(OperationLock&& other) noexcept
        : engine_(std::exchange(other.engine_, nullptr)), lock_(std::move(other.lock_)) {}
    OperationLock& operator=(OperationLock&&) = delete;

  private:
    OperationLock(host::ContainerEngine& engine, store::Lock lock)
        : engine_(&engine), lock_(std::move(lock)) {}
    host::ContainerEngine* engine_;
    store::Lock lock_;
};

}  // namespace agent::operations
