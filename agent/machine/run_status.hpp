// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/host/event_log.hpp"

namespace agent::machine {

/// A file that says what is done to the installed set now, and what came of the last operation
/// since the boot, replaced whole whenever that changes; docs/json-output.md describes it.
class RunStatus final : public host::EventLog {
  public:
    explicit RunStatus(std::filesystem::path file = "/run/update-agent/status.json")
        : file_(std::move(file)) {}
    void write(const host::Event& event) override;

  private:
    std::filesystem::path file_;
};

}  // namespace agent::machine
