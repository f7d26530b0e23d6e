// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/os_release.hpp"
#include "tests/unit/catch.hpp"

using agent::machine::os_release_value;

TEST_CASE("A value is read as a shell would") {
    struct Row {
        std::string text;
        std::string value;
    };
    const auto row = GENERATE(values<Row>({
        {"VERSION_ID=12", "12"},
        {"NAME=x\nVERSION_ID=\"12\"\nID=debian\n", "12"},
        {"VERSION_ID='24.04'\r\n", "24.04"},
        {"  VERSION_ID=12  \n", "12"},
        {"VERSION_ID=11\nVERSION_ID=12\n", "12"},
        {R"(VERSION_ID="1\"2")", "1\"2"},
        {R"(VERSION_ID='1\2')", "1\\2"},
        {"VERSION_ID=\n", ""},
    }));
    CHECK(os_release_value(row.text, "VERSION_ID") == row.value);
}

TEST_CASE("A variable that is not assigned has no value") {
    const auto* text =
        GENERATE("", "VERSION_ID", "#VERSION_ID=12", "OS_VERSION_ID=12", "VERSION_IDS=1", "\n\n");
    CHECK_FALSE(os_release_value(text, "VERSION_ID"));
}
