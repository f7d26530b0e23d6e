// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/units_seen.hpp"

#include "tests/unit/catch.hpp"

using namespace agent;
using operations::UnitsSeen;

namespace {

host::UnitState unit(const char* load, const char* active, const char* sub,
                     const char* result = "success", std::uint32_t restarts = 0,
                     const char* job = "") {
    host::UnitState state;
    state.name = "u";
    state.load = load;
    state.active = active;
    state.sub = sub;
    state.result = result;
    state.restarts = restarts;
    state.job = job;
    return state;
}

}  // namespace

TEST_CASE("What starts is up, what was stopped is down, and what is broken is neither") {
    const UnitsSeen up{.active = {"u"}};
    const UnitsSeen down{.inactive = {"u"}};
    const UnitsSeen held{.inactive = {"u"}, .masked = {"u"}};
    const UnitsSeen neither;
    struct Row {
        host::UnitState state;
        UnitsSeen seen;
    };
    for (const auto& [state, seen] : std::vector<Row>{
             {unit("loaded", "active", "running"), up},
             {unit("loaded", "active", "running", "success", 4), up},
             {unit("loaded", "reloading", "reload"), up},
             {unit("loaded", "activating", "start"), up},
             {unit("loaded", "inactive", "dead", "success", 0, "start"), up},
             {unit("loaded", "inactive", "dead", "success", 0, "restart"), up},
             {unit("loaded", "inactive", "dead"), down},
             {unit("loaded", "inactive", "dead", "success", 0, "stop"), down},
             {unit("loaded", "deactivating", "stop-sigterm", "success", 0, "stop"), down},
             {unit("masked", "inactive", "dead"), held},
             {unit("loaded", "failed", "failed", "exit-code"), neither},
             {unit("loaded", "failed", "failed", "exit-code", 0, "start"), neither},
             {unit("loaded", "activating", "auto-restart", "exit-code"), neither},
             {unit("loaded", "activating", "auto-restart-queued", "exit-code"), neither},
             {unit("loaded", "activating", "start", "exit-code"), neither},
             {unit("loaded", "activating", "start", "success", 1), neither},
             {unit("not-found", "inactive", "dead"), neither}}) {
        INFO(state.load << " " << state.active << " " << state.sub << " " << state.result << " "
                        << state.job);
        CHECK(operations::see({state}) == seen);
    }
}

TEST_CASE("A boot starts what was stopped by hand before it") {
    CHECK(operations::after_boot({.active = {"a"}, .inactive = {"b", "c"}, .masked = {"c"}}) ==
          UnitsSeen{.active = {"a", "b", "c"}});
}
