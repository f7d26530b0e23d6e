// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/operation_lock.hpp"

namespace agent::operations {

using model::Result;

Result<OperationLock> OperationLock::acquire(const Context& context, const std::string& operation) {
    TRY_ASSIGN(auto lock, store::Lock::acquire(context.paths, operation));
    const auto& host = context.host;
    host.engine.keep_open(lock.descriptor());
    host.package_installer.keep_open(lock.descriptor());
    return OperationLock(host, std::move(lock));
}

OperationLock::~OperationLock() {
    if (host_ == nullptr) return;
    host_->engine.keep_open(-1);
    host_->package_installer.keep_open(-1);
}

}  // namespace agent::operations
