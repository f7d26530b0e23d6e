// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/units_seen.hpp"

namespace agent::operations {

namespace {

bool is_broken(const host::UnitState& unit) {
    if (unit.active == "failed" || unit.sub.starts_with("auto-restart")) return true;
    return unit.active == "activating" &&
           (unit.restarts > 0 || (!unit.result.empty() && unit.result != "success"));
}

/// One that waits for others to start is inactive, with a job.
bool is_up(const host::UnitState& unit) {
    return unit.active == "active" || unit.active == "reloading" || unit.active == "activating" ||
           unit.job == "start" || unit.job == "restart";
}

}  // namespace

UnitsSeen see(const std::vector<host::UnitState>& states) {
    UnitsSeen seen;
    for (const auto& unit : states) {
        if (unit.load == "masked") seen.masked.insert(unit.name);
        if (unit.load == "masked")
            seen.inactive.insert(unit.name);
        else if (unit.load == "loaded" && !is_broken(unit))
            (is_up(unit) ? seen.active : seen.inactive).insert(unit.name);
    }
    return seen;
}

UnitsSeen after_boot(UnitsSeen seen) {
    seen.active.merge(seen.inactive);
    return {.active = std::move(seen.active), .inactive = {}, .masked = {}};
}

}  // namespace agent::operations
