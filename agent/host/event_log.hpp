// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace agent::host {

/// What became of an operation that changes the machine.
enum class Happening {
    begun,
    /// It was interrupted, and is settled now.
    resumed,
    /// It failed, and is taken back now.
    going_back,
    done,
    /// It failed; the machine is as it was.
    undone,
    /// It failed, and so did the way back.
    stuck,
};

struct Event {
    Happening what = Happening::begun;
    std::string transaction;
    /// install, remove, rollback, confirm, recreate.
    std::string operation;
    /// `id version` of what it is about.
    std::vector<std::string> bundles;
    /// The current generation, before it and now.
    unsigned generation_before = 0;
    unsigned generation_now = 0;
    /// `login (uid)` of the caller.
    std::string who;
    /// What it was in last, as the history has it; empty where it has only begun.
    std::string phase = {};
    /// What the error means as an exit status; 0 without one.
    int exit_code = 0;
    /// Why it failed; may have several lines.
    std::string reason = {};
};

/// A log of the machine. What cannot be written is lost: no operation fails of it.
class EventLog {
  public:
    virtual ~EventLog() = default;
    virtual void write(const Event& event) = 0;
};

}  // namespace agent::host
