// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace agent::cli {

/// Lines of a table with aligned columns: header, then rows. No trailing spaces; empty without
/// rows.
[[nodiscard]] std::string table(const std::vector<std::string>& header,
                                const std::vector<std::vector<std::string>>& rows);

}  // namespace agent::cli
