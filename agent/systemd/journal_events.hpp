// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/host/event_log.hpp"

namespace agent::systemd {

/// Entries of systemd's journal, each kind with a MESSAGE_ID that config/update-agent.catalog
/// explains.
class JournalEvents final : public host::EventLog {
  public:
    void write(const host::Event& event) override;
};

/// The fields of an event's entry, as sd_journal_sendv(3) takes them.
[[nodiscard]] std::vector<std::string> journal_fields(const host::Event& event);

}  // namespace agent::systemd
