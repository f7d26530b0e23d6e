// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/operation_lock.hpp"

namespace agent::operations {

using model::Result;

Result<OperationLock> OperationLock::acquire(const Context& context, const std::string& operation) {
    TRY_ASSIGN(auto lock, acquire_set(context, operation));
    TRY(lock.take_units_back(context));
    return lock;
}

Result<OperationLock> OperationLock::acquire_set(const Context& context,
                                                 const std::string& operation) {
    TRY_ASSIGN(auto lock, store::Lock::acquire(context.paths, operation));
    const auto& host = context.host;
    host.engine.keep_open(lock.descriptor());
    host.package_installer.keep_open(lock.descriptor());
    host.image_mounts.keep_open(lock.descriptor());
    return OperationLock(host, operation, std::move(lock));
}

OperationLock::~OperationLock() {
    if (host_ == nullptr) return;
    host_->engine.keep_open(-1);
    host_->package_installer.keep_open(-1);
    host_->image_mounts.keep_open(-1);
}

Result<> OperationLock::take_units_back(const Context& context) {
    constexpr std::chrono::milliseconds kPause{100};
    auto& machine = context.host.machine;
    const auto deadline = machine.monotonic() + kJobBound;
    for (bool told = false; !units_; told = true) {
        auto units = store::Lock::acquire_units(context.paths, operation_);
        if (units) {
            units_ = std::move(*units);
        } else if (units.error().code() != model::ErrorCode::busy ||
                   machine.monotonic() >= deadline) {
            return model::fail(units.error());
        } else if (context.cancelled()) {
            return model::fail(model::ErrorCode::busy, "cancelled");
        } else {
            if (!told) context.progress.step("waiting for what is started or stopped by hand");
            machine.sleep_for(kPause);
        }
    }
    return {};
}

}  // namespace agent::operations
