// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/host/machine.hpp"

namespace agent::machine {

/// The running kernel, and the operating system whose files are below a root directory.
class LinuxMachine : public host::Machine {
  public:
    /// `root` is where os-release(5) is looked for: / for the running system.
    explicit LinuxMachine(std::filesystem::path root = "/") : root_(std::move(root)) {}

    [[nodiscard]] std::chrono::system_clock::time_point now() override;
    [[nodiscard]] std::chrono::steady_clock::time_point monotonic() override;
    void sleep_for(std::chrono::milliseconds time) override;
    [[nodiscard]] std::string boot_id() override;
    [[nodiscard]] std::string new_id() override;
    [[nodiscard]] model::Result<std::string> os_version_id() override;
    [[nodiscard]] std::string architecture() override;
    [[nodiscard]] model::Result<std::uint64_t> free_space(
        const std::filesystem::path& path) override;
    [[nodiscard]] model::Result<bool> is_full(const std::filesystem::path& path) override;
    [[nodiscard]] model::Result<std::uint64_t> file_system(
        const std::filesystem::path& path) override;
    [[nodiscard]] model::Result<> sync_file_system(const std::filesystem::path& path) override;

  private:
    std::filesystem::path root_;
};

}  // namespace agent::machine
