// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/unit_properties.hpp"

#include <limits>
#include <string_view>

#include "agent/model/unit_name.hpp"
#include "agent/systemd/error_map.hpp"

namespace agent::systemd {

namespace {

using host::UnitState;
using model::Result;

constexpr const char* kNotFound = "not-found";

struct ListedUnit {
    UnitState state;
    std::string object_path;
};

/// When the unit entered and left its states; one of them is what UnitState::since means.
struct Timestamps {
    std::uint64_t active_enter = 0;
    std::uint64_t active_exit = 0;
    std::uint64_t inactive_enter = 0;
    std::uint64_t inactive_exit = 0;

    [[nodiscard]] std::uint64_t since(std::string_view active) const {
        if (active == "active" || active == "reloading") return active_enter;
        if (active == "activating") return inactive_exit;
        if (active == "deactivating") return active_exit;
        return inactive_enter;
    }
};

std::string hexadecimal(const unsigned char* bytes, std::size_t size) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += kDigits[bytes[i] >> 4U];
        text += kDigits[bytes[i] & 0xFU];
    }
    return text;
}

/// Reads the properties of one unit from the answer to GetAll.
class PropertyReader {
  public:
    PropertyReader(sd_bus_message* message, UnitState& state) : message_(message), state_(state) {}

    int read() {
        int result = sd_bus_message_enter_container(message_, 'a', "{sv}");
        while (result >= 0 && (result = sd_bus_message_enter_container(message_, 'e', "sv")) > 0) {
            const char* name = nullptr;
            result = sd_bus_message_read(message_, "s", &name);
            if (result >= 0) result = read_value(name);
            if (result >= 0) result = sd_bus_message_exit_container(message_);
        }
        state_.since = times_.since(state_.active);
        return result;
    }

  private:
    int read_value(std::string_view name) {
        if (name == "FragmentPath") return read_string(state_.fragment_path);
        if (name == "InvocationID") return read_invocation();
        if (name == "Result") return read_string(state_.result);
        if (name == "MainPID") return read_number("u", state_.main_pid);
        if (name == "NRestarts") return read_number("u", state_.restarts);
        if (name == "ExecMainStatus") return read_number("i", state_.exit_status);
        if (name == "MemoryCurrent") return read_memory();
        if (name == "ActiveEnterTimestamp") return read_number("t", times_.active_enter);
        if (name == "ActiveExitTimestamp") return read_number("t", times_.active_exit);
        if (name == "InactiveEnterTimestamp") return read_number("t", times_.inactive_enter);
        if (name == "InactiveExitTimestamp") return read_number("t", times_.inactive_exit);
        return sd_bus_message_skip(message_, "v");
    }

    int read_string(std::string& value) {
        const char* text = nullptr;
        const int result = sd_bus_message_read(message_, "v", "s", &text);
        if (result >= 0) value = text;
        return result;
    }

    template <typename T>
    int read_number(const char* type, T& value) {
        return sd_bus_message_read(message_, "v", type, &value);
    }

    int read_memory() {
        std::uint64_t bytes = 0;
        const int result = read_number("t", bytes);
        // How systemd says that there is no accounting.
        if (result >= 0 && bytes != std::numeric_limits<std::uint64_t>::max())
            state_.memory = bytes;
        return result;
    }

    int read_invocation() {
        int result = sd_bus_message_enter_container(message_, 'v', "ay");
        const void* bytes = nullptr;
        std::size_t size = 0;
        if (result >= 0) result = sd_bus_message_read_array(message_, 'y', &bytes, &size);
        if (result < 0) return result;
        state_.invocation_id = hexadecimal(static_cast<const unsigned char*>(bytes), size);
        return sd_bus_message_exit_container(message_);
    }

    sd_bus_message* message_;
    UnitState& state_;
    Timestamps times_;
};

int read_listed(sd_bus_message* message, std::vector<ListedUnit>& units) {
    int result = sd_bus_message_enter_container(message, 'a', "(ssssssouso)");
    while (result >= 0) {
        const char* name = nullptr;
        const char* load = nullptr;
        const char* active = nullptr;
        const char* sub = nullptr;
        const char* path = nullptr;
        result = sd_bus_message_read(message, "(ssssssouso)", &name, nullptr, &load, &active, &sub,
                                     nullptr, &path, nullptr, nullptr, nullptr);
        if (result <= 0) break;
        ListedUnit unit;
        unit.state.name = name;
        unit.state.load = load;
        unit.state.active = active;
        unit.state.sub = sub;
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

Result<> read_properties(const Bus& bus, ListedUnit& unit) {
    const std::string what = "properties of " + unit.state.name;
    sd_bus_message* raw = nullptr;
    int result = sd_bus_message_new_method_call(bus.get(), &raw, kService, unit.object_path.c_str(),
                                                "org.freedesktop.DBus.Properties", "GetAll");
    const Message request(raw);
    // An empty interface asks for those of all interfaces in one answer.
    if (result >= 0) result = sd_bus_message_append(raw, "s", "");
    if (result < 0) return model::fail(bus_error(what, {}, {}, -result));
    TRY_ASSIGN(const Message reply, bus.call(request, what));
    result = PropertyReader(reply.get(), unit.state).read();
    if (result < 0) return model::fail(bus_error(what, {}, {}, -result));
    return {};
}

}  // namespace

Result<std::vector<UnitState>> read_states(const Bus& bus, const std::vector<std::string>& units) {
    // systemd leaves names that are none out of its list, silently.
    std::vector<std::string> names;
    for (const auto& unit : units)
        if (model::is_unit_file_name(unit)) names.push_back(unit);
    TRY_ASSIGN(std::vector<ListedUnit> listed, list_units(bus, names));

    std::vector<UnitState> states;
    auto next = listed.begin();
    for (const auto& unit : units) {
        UnitState state;
        if (next != listed.end() && model::is_unit_file_name(unit)) {
            if (next->state.load != kNotFound) TRY(read_properties(bus, *next));
            state = std::move(next->state);
            ++next;
        } else {
            state.load = kNotFound;
            state.active = "inactive";
            state.sub = "dead";
        }
        // The name that was asked for; systemd's may be the one it is an alias of.
        state.name = unit;
        states.push_back(std::move(state));
    }
    return states;
}

}  // namespace agent::systemd
