// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/unit_states.hpp"

#include <deque>
#include <string_view>

#include "agent/model/unit_name.hpp"
#include "agent/systemd/error_map.hpp"
#include "agent/systemd/freezer.hpp"
#include "agent/systemd/property_reader.hpp"

namespace agent::systemd {

namespace {

using host::UnitState;
using model::Result;

constexpr const char* kNotFound = "not-found";
constexpr const char* kUnitInterface = "org.freedesktop.systemd1.Unit";

struct ListedUnit {
    UnitState state;
    std::string object_path;
    /// FreezerState, once it was asked for.
    std::string freezer = {};
};

/// The property that says since when a unit has been in its active state.
const char* since_property(std::string_view active) {
    if (active == "active" || active == "reloading") return "ActiveEnterTimestamp";
    if (active == "activating") return "InactiveExitTimestamp";
    if (active == "deactivating") return "ActiveExitTimestamp";
    return "InactiveEnterTimestamp";
}

/// Only what can say something in this state: every question costs systemd time.
void ask_service(PropertyReader& reader, const std::string& path, UnitState& state) {
    constexpr const char* kInterface = "org.freedesktop.systemd1.Service";
    reader.ask(path, kInterface, "NRestarts", state.restarts);
    // A start resets both.
    if (state.sub == "running")
        state.result = "success";
    else {
        reader.ask(path, kInterface, "Result", state.result);
        reader.ask(path, kInterface, "ExecMainStatus", state.exit_status);
    }
    if (state.active == "inactive" || state.active == "failed") return;
    reader.ask(path, kInterface, "MainPID", state.main_pid);
    reader.ask_optional(path, kInterface, "MemoryCurrent", state.memory);
}

void ask_unit(PropertyReader& reader, ListedUnit& unit) {
    auto& [state, path, freezer] = unit;
    reader.ask(path, kUnitInterface, "FragmentPath", state.fragment_path);
    reader.ask_hexadecimal(path, kUnitInterface, "InvocationID", state.invocation_id);
    reader.ask(path, kUnitInterface, since_property(state.active), state.since);
    // One that died while it was frozen counts as frozen for systemd.
    if (state.active == "active") reader.ask(path, kUnitInterface, "FreezerState", freezer);
    if (state.name.ends_with(".service")) ask_service(reader, path, state);
}

int read_listed(sd_bus_message* message, std::vector<ListedUnit>& units) {
    int result = sd_bus_message_enter_container(message, 'a', "(ssssssouso)");
    while (result >= 0) {
        const char* name = nullptr;
        const char* load = nullptr;
        const char* active = nullptr;
        const char* sub = nullptr;
        const char* path = nullptr;
        const char* job = nullptr;
        result = sd_bus_message_read(message, "(ssssssouso)", &name, nullptr, &load, &active, &sub,
                                     nullptr, &path, nullptr, &job, nullptr);
        if (result <= 0) break;
        ListedUnit unit;
        unit.state.name = name;
        unit.state.load = load;
        unit.state.active = active;
        unit.state.sub = sub;
        unit.state.job = job;
        unit.object_path = path;
        units.push_back(std::move(unit));
    }
    return result;
}

/// Loads the units where they are not, as any other way to ask for their load state does.
Result<std::vector<ListedUnit>> list_units(const Bus& bus, const std::vector<std::string>& names) {
    constexpr const char* kMethod = "ListUnitsByNames";
    TRY_ASSIGN(const Message request, bus.manager_call(kMethod));
    if (const int result = append_strings(request.get(), names); result < 0)
        return model::fail(bus_error(kMethod, {}, {}, -result));
    TRY_ASSIGN(const Message reply, bus.call(request, kMethod));
    std::vector<ListedUnit> units;
    if (const int result = read_listed(reply.get(), units); result < 0)
        return model::fail(bus_error(kMethod, {}, {}, -result));
    if (units.size() != names.size())
        return model::fail(model::ErrorCode::internal,
                           std::string(kMethod) + ": systemd lists other units than asked for");
    return units;
}

/// The listed units under the names that were asked for (systemd's may be the one that such a name
/// is an alias of), between those that no unit can have.
std::vector<UnitState> in_order_of(const std::vector<std::string>& units,
                                   std::vector<ListedUnit> listed) {
    std::vector<UnitState> states;
    auto next = listed.begin();
    for (const auto& unit : units) {
        UnitState state;
        state.load = kNotFound;
        state.active = "inactive";
        state.sub = "dead";
        if (model::is_unit_file_name(unit)) state = std::move((next++)->state);
        state.name = unit;
        states.push_back(std::move(state));
    }
    return states;
}

/// systemd leaves names that are none out of its list, silently.
std::vector<std::string> possible(const std::vector<std::string>& units) {
    std::vector<std::string> names;
    for (const auto& unit : units)
        if (model::is_unit_file_name(unit)) names.push_back(unit);
    return names;
}

}  // namespace

Result<std::vector<std::string>> read_changed_on_disk(const Bus& bus,
                                                      const std::vector<std::string>& units) {
    TRY_ASSIGN(const std::vector<ListedUnit> listed, list_units(bus, possible(units)));
    PropertyReader reader(bus);
    std::deque<bool> changed(listed.size(), false);
    for (std::size_t i = 0; i < listed.size(); ++i)
        if (listed[i].state.load != kNotFound)
            reader.ask(listed[i].object_path, kUnitInterface, "NeedDaemonReload", changed[i]);
    TRY(reader.finish());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < listed.size(); ++i)
        if (changed[i]) names.push_back(listed[i].state.name);
    return names;
}

Result<std::vector<UnitState>> read_states(const Bus& bus, const std::vector<std::string>& units) {
    TRY_ASSIGN(std::vector<ListedUnit> listed, list_units(bus, possible(units)));

    PropertyReader reader(bus);
    for (auto& unit : listed)
        if (unit.state.load != kNotFound) ask_unit(reader, unit);
    TRY(reader.finish());
    for (auto& unit : listed)
        unit.state.frozen = is_frozen(unit.freezer);
    return in_order_of(units, std::move(listed));
}

}  // namespace agent::systemd
