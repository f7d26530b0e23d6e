// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "agent/model/installed_set.hpp"
#include "agent/store/history.hpp"

namespace agent::documents {

// What is installed and what was done, as JSON for programs, from what the store has alone.
// docs/json-output.md describes it.

/// A bundle as its description has it; a container has `name` and `image`.
[[nodiscard]] nlohmann::ordered_json described(const model::Description& description);
/// An installed bundle of the set, without what systemd would have to be asked for.
[[nodiscard]] std::string installed(const model::InstalledSet& set,
                                    const model::InstalledBundle& bundle);
[[nodiscard]] std::string history(const std::vector<store::HistoryEntry>& entries);

/// A document's text, ended by a newline; what is no UTF-8 in it is replaced.
[[nodiscard]] std::string print(const nlohmann::ordered_json& value, int indentation = 2);

}  // namespace agent::documents
