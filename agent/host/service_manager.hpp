// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::host {

/// What systemd says of one unit.
struct UnitState {
    std::string name;
    /// loaded, not-found, masked, bad-setting, error.
    std::string load;
    std::string active;
    std::string sub;
    /// Of a service: success, exit-code, timeout, start-limit-hit, …; empty for other units.
    std::string result;
    /// File that the unit was loaded from, and the one it is linked from; may be empty.
    std::string fragment_path;
    /// Hexadecimal; empty while the unit was never started.
    std::string invocation_id;
    std::uint32_t main_pid = 0;
    std::uint32_t restarts = 0;
    /// Bytes; absent without accounting.
    std::optional<std::uint64_t> memory;
    /// Since when it is in its active state, microseconds since the epoch; 0 when never.
    std::uint64_t since = 0;
    /// Exit code or signal of the main process's last end, as systemd.exec(5) numbers them.
    std::int32_t exit_status = 0;
    /// Type of the job that waits or runs for it: start, stop, restart, …; empty where there is
    /// none.
    std::string job = {};
    /// Whether its processes are frozen, or about to be; never while it is not active.
    bool frozen = false;
};

/// How a job ended (JobRemoved of org.freedesktop.systemd1): done, canceled, timeout, failed,
/// dependency, skipped.
struct JobResult {
    std::string unit;
    std::string result;
};

/// Keeps the machine from being shut down or put to sleep for as long as it lives.
class Inhibition {
  public:
    Inhibition() = default;
    Inhibition(const Inhibition&) = delete;
    Inhibition& operator=(const Inhibition&) = delete;
    virtual ~Inhibition() = default;
};

/// systemd, over its bus. A manager that does not answer is ErrorCode::internal within the bound.
class ServiceManager {
  public:
    using Timeout = std::chrono::milliseconds;
    virtual ~ServiceManager() = default;

    /// Major version of the running manager.
    [[nodiscard]] virtual model::Result<unsigned> version() = 0;
    /// daemon-reload; returns when it is done.
    [[nodiscard]] virtual model::Result<> reload() = 0;
    /// Queues a start with the job mode `replace` and does not wait.
    [[nodiscard]] virtual model::Result<> queue_start(const std::string& unit) = 0;
    /// These queue all jobs first, then wait for all of them, `timeout` in all. A job that fails is
    /// no error but a result; one that is not done in time has the result "timeout". A unit that is
    /// not there is ErrorCode::not_found; to stop it is done.
    [[nodiscard]] virtual model::Result<std::vector<JobResult>> start(
        const std::vector<std::string>& units, Timeout timeout) = 0;
    [[nodiscard]] virtual model::Result<std::vector<JobResult>> stop(
        const std::vector<std::string>& units, Timeout timeout) = 0;
    [[nodiscard]] virtual model::Result<std::vector<JobResult>> restart(
        const std::vector<std::string>& units, Timeout timeout) = 0;
    /// Freezes the processes of all of these, or of none; those that are frozen already stay so.
    /// ErrorCode::conflict for a unit that is not active, or that cannot be frozen on this machine.
    [[nodiscard]] virtual model::Result<> freeze(const std::vector<std::string>& units) = 0;
    /// Lets those of the units run on that are frozen.
    [[nodiscard]] virtual model::Result<> thaw(const std::vector<std::string>& units) = 0;
    /// The same where the manager itself no longer does it, because it stops everything.
    [[nodiscard]] virtual model::Result<> thaw_by_force(const std::vector<std::string>& units) = 0;
    /// The same, and whatever stops when these do: from 253 on systemd refuses to stop a frozen
    /// unit, and leaves one in peace, silently, that should stop with another.
    [[nodiscard]] virtual model::Result<> thaw_what_stops_with(
        const std::vector<std::string>& units) = 0;
    /// A unit that is not loaded is no failure.
    [[nodiscard]] virtual model::Result<> reset_failed(const std::vector<std::string>& units) = 0;
    /// In the order asked for. A name nobody has is a state with load `not-found`.
    [[nodiscard]] virtual model::Result<std::vector<UnitState>> states(
        const std::vector<std::string>& units) = 0;
    /// Which of the units' files, or their drop-ins, have changed since they were loaded
    /// (NeedDaemonReload); those that are not loaded are left out.
    [[nodiscard]] virtual model::Result<std::vector<std::string>> changed_on_disk(
        const std::vector<std::string>& units) = 0;
    /// Which of these unit files exist on the machine outside the generators' directories, with
    /// their path: names that bundles cannot take.
    [[nodiscard]] virtual model::Result<std::vector<std::pair<std::string, std::string>>>
    foreign_unit_files(const std::vector<std::string>& units) = 0;
    /// Until unmasked or the next boot; both reload.
    [[nodiscard]] virtual model::Result<> mask_runtime(const std::vector<std::string>& units) = 0;
    [[nodiscard]] virtual model::Result<> unmask_runtime(const std::vector<std::string>& units) = 0;
    /// Asks for no shutdown and no sleep meanwhile; `why` is shown to who tries. Starts nothing and
    /// takes seconds at most. A failure means that nobody can be asked on this machine now.
    [[nodiscard]] virtual model::Result<std::unique_ptr<Inhibition>> inhibit_shutdown(
        const std::string& why) = 0;
    /// For a service of Type=notify, which is ready then: waits until a shutdown is announced,
    /// which goes on once the result is destroyed, or after some seconds. A failure means that
    /// nobody announces one on this machine now.
    [[nodiscard]] virtual model::Result<std::unique_ptr<Inhibition>> wait_for_shutdown(
        const std::string& why) = 0;
    /// What the unit's processes wrote last in that run (any since the boot where the id is empty),
    /// the oldest first: at most `count` lines of printable text, within seconds. None where there
    /// is no journal.
    [[nodiscard]] virtual model::Result<std::vector<std::string>> last_log_lines(
        const std::string& unit, const std::string& invocation_id, std::size_t count) = 0;
};

}  // namespace agent::host
