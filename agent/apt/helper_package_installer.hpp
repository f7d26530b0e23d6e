// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string_view>

#include "agent/host/package_installer.hpp"
#include "agent/process/process.hpp"

namespace agent::apt {

struct InstallerOptions {
    std::filesystem::path helper;
    /// Where the helper notes what an installation has begun; gone with the transaction.
    std::filesystem::path record = {};
    /// Of a look, of an installation with its downloads, and of a removal.
    std::chrono::milliseconds look_timeout = std::chrono::minutes(2);
    std::chrono::milliseconds install_timeout = std::chrono::hours(1);
    std::chrono::milliseconds remove_timeout = std::chrono::minutes(12);
    /// Whether the caller wants an installation ended.
    std::function<bool()> cancelled = {};
};

/// apt and dpkg, by the program update-agent-packages, which alone links libapt-pkg.
class HelperPackageInstaller : public host::PackageInstaller {
  public:
    explicit HelperPackageInstaller(InstallerOptions options) : options_(std::move(options)) {}

    void keep_open(int descriptor) override { inherited_ = descriptor; }
    [[nodiscard]] model::Result<model::PackageProposal> propose(
        const std::vector<model::HostPackage>& wanted) override;
    [[nodiscard]] model::Result<> install(const std::vector<model::NewPackage>& packages) override;
    [[nodiscard]] model::Result<std::vector<std::string>> remove(
        const std::vector<model::NewPackage>& packages) override;

  private:
    [[nodiscard]] process::Command command(const char* what,
                                           const std::vector<model::NewPackage>& packages) const;

    InstallerOptions options_;
    int inherited_ = -1;
};

// What the helper prints. Its error where it tells of one, and ErrorCode::internal for anything
// that is none of its answers.

[[nodiscard]] model::Result<model::PackageProposal> parse_proposal(std::string_view json);
/// What stays, and why.
[[nodiscard]] model::Result<std::vector<std::string>> parse_removal(std::string_view json);

}  // namespace agent::apt
