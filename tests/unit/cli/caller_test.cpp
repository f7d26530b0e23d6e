// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/caller.hpp"

#include "tests/unit/catch.hpp"

using agent::cli::with_login;

TEST_CASE("A user id that is all that is known gets its login") {
    CHECK(with_login("uid 0") == "root (0)");
    CHECK(with_login("uid 4000000000") == "4000000000 (4000000000)");
    CHECK(with_login("ops (1000)") == "ops (1000)");
    CHECK(with_login("uid x") == "uid x");
    CHECK(with_login("uid ") == "uid ");
    CHECK(with_login("") == "");
}
