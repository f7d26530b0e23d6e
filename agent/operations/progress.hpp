// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace agent::operations {

struct Outcome;

/// How an operation reports while it runs. Every front end implements it; no call may fail, so that
/// a lost terminal ends no operation.
class Progress {
  public:
    virtual ~Progress() = default;
    /// What is going to be done is decided, and is begun next.
    virtual void plan(const Outcome& planned) = 0;
    /// So many of the transaction's effects are done, or undone, and the next one begins. The phase
    /// is one of the history's, or "undo".
    virtual void effect(std::string_view phase, std::size_t done, std::size_t total) = 0;
    /// A new step has begun, such as "creating container broker".
    virtual void step(const std::string& what) = 0;
    /// Bytes done of the current step.
    virtual void bytes(std::uint64_t done, std::uint64_t total) = 0;
    /// Something the person should know that is no failure.
    virtual void warning(const std::string& text) = 0;
};

}  // namespace agent::operations
