// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace agent::operations {

/// How an operation reports while it runs. Every front end implements it; no call may fail, so that
/// a lost terminal ends no operation.
class Progress {
  public:
    virtual ~Progress() = default;
    /// A new step has begun, such as "creating container broker".
    virtual void step(const std::string& what) = 0;
    /// Bytes done of the current step.
    virtual void bytes(std::uint64_t done, std::uint64_t total) = 0;
    /// Something the person should know that is no failure.
    virtual void warning(const std::string& text) = 0;
};

}  // namespace agent::operations
