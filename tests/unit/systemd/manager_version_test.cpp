// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/manager_version.hpp"

#include "tests/unit/catch.hpp"

using agent::systemd::major_version;

TEST_CASE("The major version of what distributions call theirs") {
    struct Row {
        std::string text;
        unsigned version;
    };
    const auto row = GENERATE(values<Row>({
        {"252.36-1~deb12u1", 252},
        {"257.7-1", 257},
        {"257~rc1-1", 257},
        {"v258-10-gabcdef", 258},
        {"249", 249},
    }));
    CHECK(major_version(row.text).value() == row.version);
}

TEST_CASE("What is no version is an error that quotes it") {
    const auto* text = GENERATE("", "v", "systemd", "99999999999999999999");
    const auto version = major_version(text);
    REQUIRE_FALSE(version);
    CHECK(version.error().text() ==
          "systemd says that its version is \"" + std::string(text) + "\"");
}
