// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::host {

/// dpkg's database.
class PackageDatabase {
  public:
    virtual ~PackageDatabase() = default;
    /// Installed versions of those of the packages that are installed.
    [[nodiscard]] virtual model::Result<std::map<std::string, std::string>> installed_versions(
        const std::vector<std::string>& packages) = 0;
};

}  // namespace agent::host
