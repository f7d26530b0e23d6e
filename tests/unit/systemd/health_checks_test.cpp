// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/health_checks.hpp"
#include "tests/unit/catch.hpp"

using agent::systemd::drop_in_text;

TEST_CASE("A check is skipped by what its container's control group says") {
    CHECK(drop_in_text("/bundles.slice/app.service") ==
          "[Unit]\nStartLimitIntervalSec=0\n[Service]\n"
          "ExecCondition=/usr/bin/grep --quiet \"^frozen 0\" "
          "\"/sys/fs/cgroup/bundles.slice/app.service/cgroup.events\"\n");
    // As systemd reads it, every character is itself.
    CHECK(drop_in_text("/a\\x2db%i$c\"d").find("\"/sys/fs/cgroup/a\\\\x2db%%i$$c\\\"d/") !=
          std::string::npos);
}
