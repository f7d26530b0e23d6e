// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/catch.hpp"
#include "tests/unit/store/faults.hpp"

namespace test {

/// Runs `change` in a child that is killed at its n-th call; false when it came to its end.
template <typename Change>
bool dies_at(unsigned n, const Change& change) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        test::Faults::kill_at(n);
        ::_exit(change() ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) return true;
    REQUIRE(WEXITSTATUS(status) == 0);
    return false;
}

}  // namespace test
