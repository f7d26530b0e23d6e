// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/systemd_bus.hpp"

#include <systemd/sd-daemon.h>

#include "agent/systemd/bus.hpp"
#include "agent/systemd/error_map.hpp"
#include "agent/systemd/freezer.hpp"
#include "agent/systemd/jobs.hpp"
#include "agent/systemd/manager_version.hpp"
#include "agent/systemd/shutdown_lock.hpp"
#include "agent/systemd/shutdown_wait.hpp"
#include "agent/systemd/unit_files.hpp"
#include "agent/systemd/unit_log.hpp"
#include "agent/systemd/unit_states.hpp"

namespace agent::systemd {

namespace {

using host::JobResult;
using host::UnitState;
using model::ErrorCode;
using model::Result;
using std::chrono::steady_clock;
using Units = std::vector<std::string>;

Result<> reload_manager(const Bus& bus, std::chrono::milliseconds timeout) {
    TRY_ASSIGN(const Message request, bus.manager_call("Reload"));
    TRY(bus.call(request, "daemon-reload", timeout));
    return {};
}

Result<> reset_failed_unit(const Bus& bus, const std::string& unit) {
    TRY_ASSIGN(const Message request, bus.manager_call("ResetFailedUnit"));
    const std::string what = "ResetFailedUnit " + unit;
    const int result = sd_bus_message_append(request.get(), "s", unit.c_str());
    if (result < 0) return model::fail(bus_error(what, {}, {}, -result));
    const auto reply = bus.call(request, what);
    if (!reply && reply.error().code() != ErrorCode::not_found) return model::fail(reply.error());
    return {};
}

/// MaskUnitFiles and UnmaskUnitFiles, below /run. A file of that name that is there is not
/// replaced.
Result<> change_masks(const Bus& bus, const Units& units, bool mask) {
    const char* method = mask ? "MaskUnitFiles" : "UnmaskUnitFiles";
    TRY_ASSIGN(const Message request, bus.manager_call(method));
    int result = append_strings(request.get(), units);
    if (result >= 0) result = sd_bus_message_append(request.get(), "b", 1);
    if (result >= 0 && mask) result = sd_bus_message_append(request.get(), "b", 0);
    if (result < 0) return model::fail(bus_error(method, {}, {}, -result));
    TRY(bus.call(request, method));
    return {};
}

/// Whether the unit is there without one of the unit path's files: transient, or linked by hand.
bool is_loaded_from_elsewhere(const UnitState& state, const Units& unit_path) {
    return state.load == "loaded" && !state.fragment_path.empty() &&
           !is_generated(state.fragment_path) && !is_linked_by_generator(state.name, unit_path);
}

}  // namespace

SystemdBus::SystemdBus(SystemdOptions options) : options_(options) {}
SystemdBus::~SystemdBus() = default;

Result<> SystemdBus::connect() {
    if (bus_ != nullptr && bus_->is_open()) return {};
    bus_.reset();
    TRY_ASSIGN(Bus bus, Bus::connect(options_.timeout));
    bus_ = std::make_unique<Bus>(std::move(bus));
    return {};
}

template <typename Work>
auto SystemdBus::with_bus(Work work) -> decltype(work(std::declval<const Bus&>())) {
    TRY(connect());
    auto result = work(*bus_);
    if (result || bus_->is_open()) return result;
    TRY(connect());
    return work(*bus_);
}

Result<unsigned> SystemdBus::version() {
    TRY_ASSIGN(const std::string text,
               with_bus([](const Bus& bus) { return bus.manager_string("Version"); }));
    return major_version(text);
}

Result<> SystemdBus::reload() {
    return with_bus(
        [this](const Bus& bus) { return reload_manager(bus, options_.reload_timeout); });
}

Result<> SystemdBus::queue_start(const std::string& unit) {
    TRY(with_bus([&unit](const Bus& bus) { return queue_job(bus, "StartUnit", unit); }));
    return {};
}

Result<std::vector<JobResult>> SystemdBus::start(const Units& units, Timeout timeout) {
    const auto deadline = steady_clock::now() + timeout;
    return with_bus([&](const Bus& bus) { return run_jobs(bus, "StartUnit", units, deadline); });
}

Result<std::vector<JobResult>> SystemdBus::stop(const Units& units, Timeout timeout) {
    const auto deadline = steady_clock::now() + timeout;
    return with_bus([&](const Bus& bus) {
        return run_jobs(bus, "StopUnit", units, deadline, NotLoaded::done);
    });
}

Result<std::vector<JobResult>> SystemdBus::restart(const Units& units, Timeout timeout) {
    const auto deadline = steady_clock::now() + timeout;
    // The second time, the restart jobs are queued already: a start joins one that is not done, and
    // does nothing where it is. A second restart would stop the unit once more.
    const char* method = "RestartUnit";
    return with_bus([&](const Bus& bus) {
        return run_jobs(bus, std::exchange(method, "StartUnit"), units, deadline);
    });
}

Result<> SystemdBus::freeze(const Units& units) {
    const FreezeBounds bounds{.freeze = options_.freeze_timeout, .reload = options_.reload_timeout};
    // Not again on another connection, which does not know what the first one has frozen.
    TRY(connect());
    return freeze_units(*bus_, units, bounds);
}

Result<> SystemdBus::thaw(const Units& units) {
    return with_bus([&units](const Bus& bus) { return thaw_units(bus, units); });
}

Result<> SystemdBus::thaw_by_force(const Units& units) {
    return with_bus([&units](const Bus& bus) { return thaw_units_by_force(bus, units); });
}

Result<> SystemdBus::thaw_what_stops_with(const Units& units) {
    return with_bus([&units](const Bus& bus) -> Result<> {
        TRY_ASSIGN(const Units stopping, what_stops_with(bus, units));
        return thaw_units(bus, stopping);
    });
}

Result<> SystemdBus::reset_failed(const Units& units) {
    return with_bus([&units](const Bus& bus) -> Result<> {
        for (const auto& unit : units)
            TRY(reset_failed_unit(bus, unit));
        return {};
    });
}

Result<std::vector<UnitState>> SystemdBus::states(const Units& units) {
    return with_bus([&units](const Bus& bus) { return read_states(bus, units); });
}

Result<Units> SystemdBus::changed_on_disk(const Units& units) {
    return with_bus([&units](const Bus& bus) { return read_changed_on_disk(bus, units); });
}

Result<std::vector<std::pair<std::string, std::string>>> SystemdBus::foreign_unit_files(
    const Units& units) {
    TRY_ASSIGN(const Units unit_path,
               with_bus([](const Bus& bus) { return bus.manager_strings("UnitPath"); }));
    TRY_ASSIGN(const std::vector<UnitState> loaded, states(units));
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& state : loaded) {
        if (const auto file = host_unit_file(state.name, unit_path))
            found.emplace_back(state.name, *file);
        else if (is_loaded_from_elsewhere(state, unit_path))
            found.emplace_back(state.name, state.fragment_path);
    }
    return found;
}

Result<> SystemdBus::mask_runtime(const Units& units) {
    TRY(with_bus([&units](const Bus& bus) { return change_masks(bus, units, true); }));
    return reload();
}

Result<> SystemdBus::unmask_runtime(const Units& units) {
    TRY(with_bus([&units](const Bus& bus) { return change_masks(bus, units, false); }));
    return reload();
}

Result<std::unique_ptr<host::Inhibition>> SystemdBus::inhibit_shutdown(const std::string& why) {
    // Not the connection that is there: that may be systemd's private socket.
    TRY_ASSIGN(const Bus bus, Bus::connect_system(options_.logind_timeout));
    return take_shutdown_lock(bus, {.what = "shutdown:sleep", .why = why, .mode = "block"});
}

Result<std::unique_ptr<host::Inhibition>> SystemdBus::wait_for_shutdown(const std::string& why) {
    auto waited = [&]() -> Result<std::unique_ptr<host::Inhibition>> {
        TRY_ASSIGN(const Bus bus, Bus::connect_system(options_.logind_timeout));
        return systemd::wait_for_shutdown(bus, why);
    }();
    // A service that is never told is as ready as it will be.
    if (!waited) sd_notify(0, "READY=1");
    return waited;
}

Result<std::vector<std::string>> SystemdBus::last_log_lines(const std::string& unit,
                                                            const std::string& invocation_id,
                                                            std::size_t count) {
    const LogQuery query{.unit = unit, .invocation_id = invocation_id, .count = count};
    return systemd::last_log_lines(query, options_.journal_timeout);
}

}  // namespace agent::systemd
