// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/freezer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <set>
#include <thread>

#include "agent/model/unit_name.hpp"
#include "agent/systemd/error_map.hpp"
#include "agent/systemd/health_checks.hpp"
#include "agent/systemd/property_reader.hpp"
#include "agent/systemd/unit_states.hpp"

namespace agent::systemd {

namespace {

using model::Result;
using Units = std::vector<std::string>;

constexpr const char* kInterface = "org.freedesktop.systemd1.Unit";
/// How a unit names those that stop with it, systemd.unit(5).
constexpr std::array kStopsWith = {"RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf",
                                   "PropagatesStopTo"};

/// How long a check may take to see that its container is frozen, and how often it is looked at.
constexpr auto kConditionBound = std::chrono::milliseconds(500);
constexpr auto kLookAgain = std::chrono::milliseconds(50);

Result<> call_of_unit(const Bus& bus, const char* method, const std::string& unit,
                      std::chrono::milliseconds timeout) {
    const std::string what = std::string(method) + " " + unit;
    TRY_ASSIGN(const Message request, bus.manager_call(method));
    const int result = sd_bus_message_append(request.get(), "s", unit.c_str());
    if (result < 0) return model::fail(bus_error(what, {}, {}, -result));
    TRY(bus.call(request, what, timeout));
    return {};
}

Result<> thaw_unit(const Bus& bus, const std::string& unit) {
    return call_of_unit(bus, "ThawUnit", unit, std::chrono::milliseconds::zero());
}

/// A unit that has a job is not thawed, nor one that is still being frozen; both end soon.
Result<> thaw_in_the_end(const Bus& bus, const std::string& unit) {
    constexpr int kTries = 20;
    constexpr auto kPause = std::chrono::milliseconds(100);
    auto done = thaw_unit(bus, unit);
    for (int tries = 1; !done && tries < kTries; ++tries) {
        std::this_thread::sleep_for(kPause);
        done = thaw_unit(bus, unit);
    }
    return done;
}

Result<> thaw_in_kernel(const std::string& group) {
    const auto file = "/sys/fs/cgroup" + group + "/cgroup.freeze";
    std::ofstream stream(file);
    stream << '0' << std::flush;
    if (!stream) return model::fail(model::errno_error(errno, "write " + file));
    return {};
}

/// Those that stop with any of the units, one step on.
Result<Units> next_to_stop(const Bus& bus, const Units& units) {
    Units next;
    PropertyReader reader(bus);
    for (const auto& unit : units) {
        TRY_ASSIGN(const auto path, unit_path(unit));
        for (const auto* property : kStopsWith)
            reader.ask(path, kInterface, property, next);
    }
    TRY(reader.finish());
    return next;
}

/// Those that were not seen before, each once.
Units new_ones(const Units& units, std::set<std::string>& seen) {
    Units found;
    for (const auto& unit : units)
        if (model::is_unit_file_name(unit) && seen.insert(unit).second) found.push_back(unit);
    return found;
}

/// The control groups of services.
Result<Units> groups_of(const Bus& bus, const Units& services) {
    Units groups(services.size());
    PropertyReader reader(bus);
    for (std::size_t i = 0; i < services.size(); ++i) {
        TRY_ASSIGN(const auto path, unit_path(services[i]));
        reader.ask(path, "org.freedesktop.systemd1.Service", "ControlGroup", groups[i]);
    }
    TRY(reader.finish());
    groups.erase(std::remove(groups.begin(), groups.end(), ""), groups.end());
    return groups;
}

void thaw_all(const Bus& bus, const Units& units) {
    // What cannot be thawed is told by `status`.
    for (const auto& unit : units)
        static_cast<void>(thaw_in_the_end(bus, unit));
}

Result<> freeze_all(const Bus& bus, const Units& units, std::chrono::milliseconds timeout) {
    Units frozen;
    for (const auto& unit : units) {
        frozen.push_back(unit);
        auto done = call_of_unit(bus, "FreezeUnit", unit, timeout);
        if (done) continue;
        // Also the one that was given too little time.
        thaw_all(bus, frozen);
        return model::fail(std::move(done).error());
    }
    return {};
}

/// Whether none of the checks runs any more, or at all, before the time is over.
Result<bool> become_idle(const Bus& bus, const std::vector<HealthCheck>& checks,
                         std::chrono::milliseconds timeout) {
    if (checks.empty()) return true;
    Units services;
    for (const auto& check : checks)
        services.push_back(check.service);
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        TRY_ASSIGN(const auto states, read_states(bus, services));
        if (std::all_of(states.begin(), states.end(), [](const auto& state) {
                return state.active == "inactive" || state.active == "failed";
            }))
            return true;
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(kLookAgain);
    }
}

struct Frozen {
    std::string unit;
    /// Its control group; empty where it is no service.
    std::string group;
};

Result<std::vector<Frozen>> frozen_of(const Bus& bus, const Units& units) {
    std::set<std::string> seen;
    const auto names = new_ones(units, seen);
    struct State {
        std::string freezer;
        std::string active;
        std::string group;
    };
    // A reader keeps their addresses.
    std::vector<State> states(names.size());
    PropertyReader reader(bus);
    for (std::size_t i = 0; i < names.size(); ++i) {
        TRY_ASSIGN(const auto path, unit_path(names[i]));
        reader.ask(path, kInterface, "FreezerState", states[i].freezer);
        reader.ask(path, kInterface, "ActiveState", states[i].active);
        if (names[i].ends_with(".service"))
            reader.ask(path, "org.freedesktop.systemd1.Service", "ControlGroup", states[i].group);
    }
    TRY(reader.finish());
    std::vector<Frozen> frozen;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (is_frozen(states[i].freezer) && states[i].active == "active")
            frozen.push_back({names[i], states[i].group});
    return frozen;
}

}  // namespace

bool is_frozen(std::string_view freezer_state) {
    return freezer_state.starts_with("frozen") || freezer_state.starts_with("freezing");
}

Result<> freeze_units(const Bus& bus, const Units& units, const FreezeBounds& bounds) {
    TRY_ASSIGN(const auto states, read_states(bus, units));
    Units running;
    for (const auto& state : states)
        if (!state.frozen) running.push_back(state.name);
    TRY_ASSIGN(const auto groups, groups_of(bus, running));
    TRY_ASSIGN(const auto checks, health_checks(bus, groups));
    TRY(skip_while_frozen(bus, checks, bounds.reload));
    const auto deadline = std::chrono::steady_clock::now() + bounds.freeze;
    for (;;) {
        TRY(freeze_all(bus, running, bounds.freeze));
        const auto idle = become_idle(bus, checks, kConditionBound);
        if (idle && *idle) return {};
        // One was under way, and stands still with podman's lock held.
        thaw_all(bus, running);
        if (!idle) return model::fail(idle.error());
        TRY_ASSIGN(const bool ended, become_idle(bus, checks, bounds.freeze));
        if (!ended || std::chrono::steady_clock::now() > deadline)
            return model::fail(model::ErrorCode::busy, "a check of health does not end, such as " +
                                                           checks.front().service +
                                                           "; try again later");
    }
}

Result<> thaw_units(const Bus& bus, const Units& units) {
    TRY_ASSIGN(const auto frozen, frozen_of(bus, units));
    for (const auto& [unit, group] : frozen)
        TRY(thaw_in_the_end(bus, unit));
    return {};
}

Result<> thaw_units_by_force(const Bus& bus, const Units& units) {
    TRY_ASSIGN(const auto frozen, frozen_of(bus, units));
    Result<> first;
    for (const auto& [unit, group] : frozen) {
        auto done = thaw_unit(bus, unit);
        // Whatever systemd says: what stands still now does so until it is killed.
        if (!group.empty() && thaw_in_kernel(group)) continue;
        if (!done && first) first = std::move(done);
    }
    return first;
}

Result<Units> what_stops_with(const Bus& bus, const Units& units) {
    std::set<std::string> seen;
    Units all;
    for (auto level = new_ones(units, seen); !level.empty();) {
        for (const auto& unit : level)
            if (unit.ends_with(".service")) all.push_back(unit);
        TRY_ASSIGN(const auto next, next_to_stop(bus, level));
        level = new_ones(next, seen);
    }
    return all;
}

}  // namespace agent::systemd
