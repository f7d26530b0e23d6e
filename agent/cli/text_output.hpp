// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/operations/change.hpp"
#include "agent/operations/create_bundle.hpp"
#include "agent/operations/doctor.hpp"
#include "agent/operations/inspect_bundle.hpp"
#include "agent/operations/recover.hpp"
#include "agent/operations/recreate.hpp"
#include "agent/operations/status.hpp"
#include "agent/operations/verify.hpp"
#include "agent/store/history.hpp"

namespace agent::cli::text {

// What people read on standard output; every text ends with a newline.

[[nodiscard]] std::string outcome(const operations::Outcome& outcome);
[[nodiscard]] std::string settled(const std::optional<operations::Settled>& settled);
[[nodiscard]] std::string recreated(const operations::Recreation& recreation);
[[nodiscard]] std::string list(const operations::Status& status);
[[nodiscard]] std::string show(const operations::BundleStatus& bundle);
/// `now` is the time that "since" is counted from.
[[nodiscard]] std::string status(const operations::Status& status, model::SystemTime now);
[[nodiscard]] std::string history(const std::vector<store::HistoryEntry>& entries);
[[nodiscard]] std::string doctor(const std::vector<operations::Check>& checks);
[[nodiscard]] std::string verified(const operations::Verification& verification);
[[nodiscard]] std::string created(const operations::CreatedBundle& bundle);
[[nodiscard]] std::string inspected(const operations::InspectedBundle& bundle);

}  // namespace agent::cli::text
