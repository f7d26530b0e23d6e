// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>

namespace agent::client {

/// pkttyagent(1), which asks on this process's terminal for the passwords that polkit wants, while
/// this lives. Where it is not installed, or there is a better one, polkit goes without.
class PasswordAgent {
  public:
    explicit PasswordAgent(const std::string& program = "pkttyagent",
                           std::chrono::milliseconds bound = std::chrono::seconds(5));
    ~PasswordAgent();
    PasswordAgent(const PasswordAgent&) = delete;
    PasswordAgent& operator=(const PasswordAgent&) = delete;

  private:
    pid_t process_ = -1;
};

}  // namespace agent::client
