// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/installed_set.hpp"
#include "agent/store/paths.hpp"

namespace agent::store {

/// Appending to a history of more bytes than this begins a new one; the last one is kept.
inline constexpr std::int64_t kHistoryLimit = 1 << 20;

/// How long a part of an operation took.
struct HistoryPhase {
    std::string name;
    std::int64_t duration_ms = 0;
    bool operator==(const HistoryPhase&) const = default;
};

/// One line of history.jsonl: one operation that changed something, or tried to.
struct HistoryEntry {
    model::SystemTime time;
    /// install, remove, …
    std::string operation;
    /// `id version` of what it was about.
    std::vector<std::string> bundles;
    /// Login and uid of the caller.
    std::string who;
    unsigned generation_before = 0;
    unsigned generation_after = 0;
    /// `done`, or the text of the error.
    std::string outcome;
    int exit_code = 0;
    std::int64_t duration_ms = 0;
    /// Signers, warnings, unsigned bundles that were let in.
    std::vector<std::string> notes;
    /// Id of the transaction; empty where there was none.
    std::string transaction = {};
    /// Hexadecimal digest of the set that was planned; empty where there was none.
    std::string plan = {};
    /// In the order in which they began.
    std::vector<HistoryPhase> phases = {};
    bool operator==(const HistoryEntry&) const = default;
};

/// Appends a line and fsyncs it. A line that an earlier crash left half written is ended first, and
/// a history above the limit moves away; where it cannot, it grows on.
[[nodiscard]] model::Result<> append_history(const Paths& paths, const HistoryEntry& entry);
/// Oldest first, of the history that moved away and of the one since; damaged lines are skipped.
[[nodiscard]] model::Result<std::vector<HistoryEntry>> read_history(const Paths& paths);
/// Time of the newest entry, without reading whole files.
[[nodiscard]] std::optional<model::SystemTime> newest_history_time(const Paths& paths);

}  // namespace agent::store
