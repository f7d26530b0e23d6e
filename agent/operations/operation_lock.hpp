// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "agent/operations/context.hpp"
#include "agent/store/lock.hpp"

namespace agent::operations {

/// The locks of a changing operation: the one of the installed set, and the one of what is started
/// and stopped. Calls of the engine, of the package manager and of mount(8) hold the first as
/// well, so that nobody begins anything beside a call that a killed agent has left behind.
class OperationLock {
  public:
    /// The first; as store::Lock::acquire(). The other is lent.
    [[nodiscard]] static model::Result<OperationLock> acquire_set(const Context& context,
                                                                  const std::string& operation);
    /// Both; waits for the other as take_units_back() does.
    [[nodiscard]] static model::Result<OperationLock> acquire(const Context& context,
                                                              const std::string& operation);
    ~OperationLock();
    OperationLock(OperationLock&& other) noexcept
        : host_(std::exchange(other.host_, nullptr)),
          operation_(std::move(other.operation_)),
          lock_(std::move(other.lock_)),
          units_(std::move(other.units_)) {}
    OperationLock& operator=(OperationLock&&) = delete;

    /// Lets others start and stop what is installed: nothing that runs is touched or judged yet.
    void lend_units() { units_.reset(); }
    /// Waits for whoever starts or stops something, as long as that takes at most. ErrorCode::busy
    /// when cancelled, or when it takes longer.
    [[nodiscard]] model::Result<> take_units_back(const Context& context);

  private:
    OperationLock(const Host& host, std::string operation, store::Lock lock)
        : host_(&host), operation_(std::move(operation)), lock_(std::move(lock)) {}
    const Host* host_;
    std::string operation_;
    store::Lock lock_;
    std::optional<store::Lock> units_;
};

}  // namespace agent::operations
