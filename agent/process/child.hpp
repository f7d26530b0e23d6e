// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include "agent/model/result.hpp"
#include "agent/process/file_descriptor.hpp"
#include "agent/process/process.hpp"

namespace agent::process {

/// A started program that leads a process group of its own, with the reading ends of its outputs
/// (not blocking). It is not reaped before end_status(), so its id and its group's stay its own.
class Child {
  public:
    [[nodiscard]] static model::Result<Child> spawn(const Command& command);
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    /// Kills the group of a child whose end nobody asked for.
    ~Child();

    void signal_group(int signal) const;
    /// Waits for the end; exit status or 128 + signal, 255 where the kernel tells neither.
    [[nodiscard]] int end_status();
    /// Gives up on a child that not even SIGKILL ends; it stays a zombie of this process at worst.
    void abandon() { pid_ = -1; }

    /// Readable once the program has ended; pidfd_open(2).
    FileDescriptor ended;
    FileDescriptor standard_output;
    FileDescriptor standard_error;

  private:
    explicit Child(pid_t pid) : pid_(pid) {}
    pid_t pid_;
};

}  // namespace agent::process
