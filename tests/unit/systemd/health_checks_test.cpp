// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/health_checks.hpp"
#include "tests/unit/catch.hpp"

using agent::systemd::skip_while_frozen;

TEST_CASE("A check is skipped by what its container's control group says") {
    CHECK(skip_while_frozen("/bundles.slice/app.service") ==
          "[Unit]\nStartLimitIntervalSec=0\n[Service]\n"
          "ExecCondition=/usr/bin/grep --quiet \"^frozen 0\" "
          "\"/sys/fs/cgroup/bundles.slice/app.service/cgroup.events\"\n");
    // As systemd reads it, every character is itself.
    CHECK(skip_while_frozen("/a\\x2db%i$c\"d").find("\"/sys/fs/cgroup/a\\\\x2db%%i$$c\\\"d/") !=
          std::string::npos);
}
