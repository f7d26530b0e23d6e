// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "agent/host/service_manager.hpp"

namespace agent::systemd {

class Bus;

struct SystemdOptions {
    /// Of connecting and of one call; systemd answers none while it reloads.
    std::chrono::milliseconds timeout = std::chrono::seconds(60);
    /// Of daemon-reload, which runs every generator (each may take 90 s).
    std::chrono::milliseconds reload_timeout = std::chrono::minutes(3);
    /// Of freezing one unit, whose processes may be deep in the kernel.
    std::chrono::milliseconds freeze_timeout = std::chrono::seconds(10);
    /// Of connecting to logind and of its answer.
    std::chrono::milliseconds logind_timeout = std::chrono::seconds(3);
    /// Of reading one unit's lines in the journal.
    std::chrono::milliseconds journal_timeout = std::chrono::seconds(3);
};

/// The system's systemd. Connects at the first call, and again where the connection was lost
/// (daemon-reexec of a systemd that was asked on its private socket). For one thread.
class SystemdBus : public host::ServiceManager {
  public:
    explicit SystemdBus(SystemdOptions options = {});
    ~SystemdBus() override;

    [[nodiscard]] model::Result<unsigned> version() override;
    [[nodiscard]] model::Result<> reload() override;
    [[nodiscard]] model::Result<> queue_start(const std::string& unit) override;
    [[nodiscard]] model::Result<std::vector<host::JobResult>> start(
        const std::vector<std::string>& units, Timeout timeout) override;
    [[nodiscard]] model::Result<std::vector<host::JobResult>> stop(
        const std::vector<std::string>& units, Timeout timeout) override;
    [[nodiscard]] model::Result<std::vector<host::JobResult>> restart(
        const std::vector<std::string>& units, Timeout timeout) override;
    [[nodiscard]] model::Result<> freeze(const std::vector<std::string>& units) override;
    [[nodiscard]] model::Result<> thaw(const std::vector<std::string>& units) override;
    [[nodiscard]] model::Result<> thaw_by_force(const std::vector<std::string>& units) override;
    [[nodiscard]] model::Result<> thaw_what_stops_with(
        const std::vector<std::string>& units) override;
    [[nodiscard]] model::Result<> reset_failed(const std::vector<std::string>& units) override;
    [[nodiscard]] model::Result<std::vector<host::UnitState>> states(
        const std::vector<std::string>& units) override;
    [[nodiscard]] model::Result<std::vector<std::string>> changed_on_disk(
        const std::vector<std::string>& units) override;
    [[nodiscard]] model::Result<std::vector<std::pair<std::string, std::string>>>
    foreign_unit_files(const std::vector<std::string>& units) override;
    [[nodiscard]] model::Result<> mask_runtime(const std::vector<std::string>& units) override;
    [[nodiscard]] model::Result<> unmask_runtime(const std::vector<std::string>& units) override;
    [[nodiscard]] model::Result<std::unique_ptr<host::Inhibition>> inhibit_shutdown(
        const std::string& why) override;
    [[nodiscard]] model::Result<std::unique_ptr<host::Inhibition>> wait_for_shutdown(
        const std::string& why) override;
    [[nodiscard]] model::Result<std::vector<std::string>> last_log_lines(
        const std::string& unit, const std::string& invocation_id, std::size_t count) override;

  private:
    [[nodiscard]] model::Result<> connect();
    /// Calls work(bus), and once more on a new connection where the first was lost meanwhile.
    template <typename Work>
    auto with_bus(Work work) -> decltype(work(std::declval<const Bus&>()));

    SystemdOptions options_;
    std::unique_ptr<Bus> bus_;
};

}  // namespace agent::systemd
