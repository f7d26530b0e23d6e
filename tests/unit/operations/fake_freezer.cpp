// SPDX-License-Identifier: GPL-3.0-or-later
// What FakeServices freezes and thaws.
#include "tests/unit/operations/fake_host.hpp"

namespace test {

void FakeServices::add_stopping(const std::string& name, std::set<std::string>& names) const {
    if (!names.insert(name).second) return;
    for (const auto& [other, text] : loaded)
        for (const auto* key : {"PartOf", "BindsTo", "Requires"})
            for (const auto& each : listed(other, key))
                if (each == name) add_stopping(other, names);
}

void FakeServices::thaw_one(const std::string& name) {
    auto& unit = units[name];
    if (!unit.frozen) return;
    unit.frozen = false;
    note("thaw", {name});
}

Result<> FakeServices::freeze(const std::vector<std::string>& names) {
    return faults_.call("services.freeze", [&]() -> Result<> {
        note("freeze", names);
        for (const auto& name : names)
            if (units[name].active != "active")
                return model::fail(ErrorCode::conflict, name + " is inactive");
        for (const auto& name : names)
            units[name].frozen = true;
        return {};
    });
}

Result<> FakeServices::thaw(const std::vector<std::string>& names) {
    return faults_.call("services.thaw", [&]() -> Result<> {
        for (const auto& name : names)
            thaw_one(name);
        return {};
    });
}

Result<> FakeServices::thaw_by_force(const std::vector<std::string>& names) {
    return thaw(names);
}

Result<> FakeServices::thaw_what_stops_with(const std::vector<std::string>& names) {
    std::set<std::string> stopping;
    for (const auto& name : names)
        add_stopping(name, stopping);
    return thaw({stopping.begin(), stopping.end()});
}

}  // namespace test
