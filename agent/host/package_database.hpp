// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/model/description.hpp"
#include "agent/model/result.hpp"

namespace agent::host {

/// What dpkg has of a package that somebody wants.
struct PackageState {
    /// Empty where it is not installed.
    std::string version;
    /// Whether that is a version that is wanted, by Debian's order of versions.
    bool satisfies = false;
    bool operator==(const PackageState&) const = default;
};

/// dpkg's database.
class PackageDatabase {
  public:
    virtual ~PackageDatabase() = default;
    /// In the order of `wanted`.
    [[nodiscard]] virtual model::Result<std::vector<PackageState>> look_up(
        const std::vector<model::HostPackage>& wanted) = 0;
};

}  // namespace agent::host
