// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/verify_set.hpp"

namespace agent::operations {

/// Puts right what of these defects can be put right. What fails is a warning, and the rest goes
/// on; only another look says what is left. For the holder of the lock.
void mend(const Context& context, const SetLook& set, const Defects& defects);

}  // namespace agent::operations
