// SPDX-License-Identifier: GPL-3.0-or-later
// What the helper program is called for; each gives the answer that is printed.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/apt/helper/wanted.hpp"
#include "agent/model/result.hpp"

namespace agent::apt::helper {

/// What dpkg has installed of them, from its status file below `root` alone.
[[nodiscard]] model::Result<nlohmann::json> states(const std::string& root,
                                                   const std::vector<Wanted>& wanted);
/// What would be installed newly, or why nothing can be; as model::PackageProposal has it.
[[nodiscard]] model::Result<nlohmann::json> propose(const std::vector<Wanted>& wanted);
/// Downloads and installs exactly these, and notes in the file `record` what it begins.
[[nodiscard]] model::Result<nlohmann::json> install(const std::filesystem::path& record,
                                                    const std::vector<Listed>& packages);
/// Takes these out, as far as that installation had begun, they are there in this version, and
/// nothing else needs them; the answer has what stays.
[[nodiscard]] model::Result<nlohmann::json> remove(const std::filesystem::path& record,
                                                   const std::vector<Listed>& packages);

}  // namespace agent::apt::helper
