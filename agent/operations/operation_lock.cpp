// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/operation_lock.hpp"

namespace agent::operations {

using model::Result;

Result<OperationLock> OperationLock::acquire(const Context& context, const std::string& operation) {
    TRY_ASSIGN(auto lock, store::Lock::acquire(context.paths, operation));
    auto& engine = context.host.engine;
    engine.keep_open(lock.descriptor());
    return OperationLock(engine, std::move(lock));
}

OperationLock::~OperationLock() {
    if (engine_ != nullptr) engine_->keep_open(-1);
}

}  // namespace agent::operations
