// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/afm/applications.hpp"
#include "agent/bus/handles.hpp"

namespace agent::afm {

/// What runs of applications, asked of systemd on the system bus and of the kernel. Each call waits
/// for systemd, for seconds at most.
class Running {
  public:
    explicit Running(sd_bus* bus, std::filesystem::path cgroups = "/sys/fs/cgroup")
        : bus_(bus), cgroups_(std::move(cgroups)) {}

    [[nodiscard]] model::Result<std::optional<Runner>> look(
        const model::Description& description) const;
    [[nodiscard]] model::Result<std::vector<Runner>> look(const model::InstalledSet& set) const;
    /// ErrorCode::not_found where nothing that runs has it.
    [[nodiscard]] model::Result<Runner> find(const model::InstalledSet& set,
                                             std::uint32_t runid) const;

  private:
    [[nodiscard]] model::Result<ServiceView> view(const std::string& service) const;

    sd_bus* bus_;
    std::filesystem::path cgroups_;
};

/// Ids of all processes in a control group and those below it, sorted.
[[nodiscard]] std::vector<std::uint32_t> processes_below(const std::filesystem::path& group);

}  // namespace agent::afm
