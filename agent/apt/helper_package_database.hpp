// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <string_view>

#include "agent/host/package_database.hpp"

namespace agent::apt {

/// dpkg's database, read by the program update-agent-packages, which alone links libapt-pkg.
class HelperPackageDatabase : public host::PackageDatabase {
  public:
    /// `root` is where dpkg's database is looked for: / for the running system.
    explicit HelperPackageDatabase(std::filesystem::path helper, std::filesystem::path root = "/",
                                   std::chrono::milliseconds timeout = std::chrono::seconds(30))
        : helper_(std::move(helper)), root_(std::move(root)), timeout_(timeout) {}

    [[nodiscard]] model::Result<std::vector<host::PackageState>> look_up(
        const std::vector<model::HostPackage>& wanted) override;

  private:
    std::filesystem::path helper_;
    std::filesystem::path root_;
    std::chrono::milliseconds timeout_;
};

/// The packages in the answer of the helper, which has to name so many. ErrorCode::internal for
/// anything else, also for an answer in another format than ours.
[[nodiscard]] model::Result<std::vector<host::PackageState>> parse_answer(std::string_view json,
                                                                          std::size_t count);

}  // namespace agent::apt
