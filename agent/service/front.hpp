// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/bus/authority.hpp"
#include "agent/service/run_state.hpp"
#include "agent/service/runner.hpp"
#include "agent/store/paths.hpp"

namespace agent::service {

/// The objects on the bus: the manager, and the jobs; see config/dbus.
class Front final : public JobObserver {
  public:
    Front(sd_bus* bus, store::Paths paths) : bus_(bus), paths_(std::move(paths)) {}
    /// Puts the objects on the bus. The runner outlives them.
    [[nodiscard]] model::Result<> serve(Runner& runner);
    /// Whether an answer is owed.
    [[nodiscard]] bool is_asking() const { return authority_.pending() != 0; }
    /// The same, or a job waits or runs.
    [[nodiscard]] bool is_working() const;
    /// What the agent's file says.
    void take_state(const std::string& text);

    void added(unsigned number) override;
    void changed(unsigned number, const Changes& changes) override;
    void told(unsigned number, std::string_view record) override;
    void ended(unsigned number) override;
    void removed(unsigned number) override;

  private:
    friend struct ManagerObject;
    friend struct JobObject;

    sd_bus* bus_;
    store::Paths paths_;
    Runner* runner_ = nullptr;
    bus::Authority authority_;
    RunState state_;
    bus::Slot manager_;
    bus::Slot jobs_;
    bus::Slot job_nodes_;
};

/// `/org/updateagent/job/N`.
[[nodiscard]] std::string job_path(unsigned number);
/// 0 for what is no such path.
[[nodiscard]] unsigned job_number(std::string_view path);

/// Answers a call with the error.
int reply_error(sd_bus_message* call, const model::Error& error);

/// Their vtables.
[[nodiscard]] const sd_bus_vtable* manager_vtable();
[[nodiscard]] const sd_bus_vtable* job_vtable();
/// sd_bus_add_fallback_vtable(3): finds a job by its path; `data` is the Front.
int find_job(sd_bus* bus, const char* path, const char* interface, void* data, void** found,
             sd_bus_error* error);

}  // namespace agent::service
