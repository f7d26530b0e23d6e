// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bus/names.hpp"

#include "agent/model/exit_code.hpp"
#include "tests/unit/catch.hpp"

using agent::model::ErrorCode;

TEST_CASE("Every error has a name on the bus, which means it again") {
    for (const auto& row : agent::model::kExitCodes) {
        const auto name = agent::bus::error_name(row.error);
        CAPTURE(name);
        CHECK(agent::bus::error_of_name(name) == row.error);
    }
    CHECK(agent::bus::error_name(ErrorCode::not_found) == "org.updateagent.Error.NotFound");
}

TEST_CASE("A bus daemon's refusals are understood, and what is unknown is an internal error") {
    using agent::bus::error_of_name;
    CHECK(error_of_name("org.freedesktop.DBus.Error.AccessDenied") == ErrorCode::not_permitted);
    CHECK(error_of_name("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired") ==
          ErrorCode::not_permitted);
    CHECK(error_of_name("org.freedesktop.DBus.Error.InvalidArgs") == ErrorCode::usage);
    CHECK(error_of_name("org.freedesktop.DBus.Error.NoReply") == ErrorCode::internal);
    CHECK(error_of_name("NotFound") == ErrorCode::internal);
    CHECK(error_of_name("") == ErrorCode::internal);
}
