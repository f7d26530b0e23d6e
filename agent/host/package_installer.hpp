// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/model/description.hpp"
#include "agent/model/host_packages.hpp"
#include "agent/model/result.hpp"

namespace agent::host {

/// The machine's package manager, for packages that are not there yet. What is there is neither
/// upgraded nor removed.
class PackageInstaller {
  public:
    virtual ~PackageInstaller() = default;

    /// A descriptor that calls have open as well while they change something; -1 for none.
    virtual void keep_open(int descriptor) = 0;
    /// What would be installed, or why that cannot be; changes nothing. ErrorCode::internal where
    /// the package manager cannot tell.
    [[nodiscard]] virtual model::Result<model::PackageProposal> propose(
        const std::vector<model::HostPackage>& wanted) = 0;
    /// Installs exactly these. ErrorCode::unreachable where they cannot be downloaded,
    /// ErrorCode::busy where somebody else changes packages meanwhile, ErrorCode::conflict where
    /// one of them is there by now, or they cannot be installed alone any more.
    [[nodiscard]] virtual model::Result<> install(
        const std::vector<model::NewPackage>& packages) = 0;
    /// Takes those out that an install() of this transaction had begun and that are there in this
    /// version, whole or not, and needs no network. Returns what stays and why, a text each: what
    /// others depend on by now. ErrorCode::busy as above.
    [[nodiscard]] virtual model::Result<std::vector<std::string>> remove(
        const std::vector<model::NewPackage>& packages) = 0;
};

}  // namespace agent::host
