// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/operations/create_bundle.hpp"
#include "agent/operations/doctor.hpp"
#include "agent/operations/inspect_bundle.hpp"
#include "agent/operations/outcome_json.hpp"
#include "agent/operations/recover.hpp"
#include "agent/operations/recreate.hpp"
#include "agent/operations/status.hpp"
#include "agent/operations/verify.hpp"

namespace agent::cli::json {

// One document a command on standard output, each with "format", each ending with a newline.
// docs/json-output.md describes them.

[[nodiscard]] std::string settled(const std::optional<operations::Settled>& settled);
[[nodiscard]] std::string recreated(const operations::Recreation& recreation);
[[nodiscard]] std::string list(const operations::Status& status);
[[nodiscard]] std::string show(const operations::BundleStatus& bundle);
[[nodiscard]] std::string status(const operations::Status& status);
[[nodiscard]] std::string doctor(const std::vector<operations::Check>& checks);
[[nodiscard]] std::string verified(const operations::Verification& verification);
[[nodiscard]] std::string created(const operations::CreatedBundle& bundle);
[[nodiscard]] std::string inspected(const operations::InspectedBundle& bundle);
[[nodiscard]] std::string validated(const model::Description& description);
[[nodiscard]] std::string error(const model::Error& error);
/// Whether the version is in the range.
[[nodiscard]] std::string matched(bool matches);
/// `lt`, `eq` or `gt`.
[[nodiscard]] std::string compared(const std::string& order);
/// Of the service, which goes on.
[[nodiscard]] std::string job(unsigned number);
/// For commands that only do.
[[nodiscard]] std::string done();

// Records of --progress=json: documents on one line each.

[[nodiscard]] std::string plan_record(const operations::Outcome& planned);
[[nodiscard]] std::string effect_record(std::string_view phase, std::size_t done,
                                        std::size_t total);
[[nodiscard]] std::string step_record(const std::string& what);
[[nodiscard]] std::string bytes_record(std::uint64_t done, std::uint64_t total);
[[nodiscard]] std::string warning_record(const std::string& text);
/// The last one. The result is the document that --json prints, the text what is printed without
/// it; either may be empty.
[[nodiscard]] std::string end_record(int exit_code, const std::string& result,
                                     const std::string& text);

}  // namespace agent::cli::json
