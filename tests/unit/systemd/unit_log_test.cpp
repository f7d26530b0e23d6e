// SPDX-License-Identifier: GPL-3.0-or-later
// That lines are found is tested on a machine, which has a journal.
#include "agent/systemd/unit_log.hpp"

#include "agent/systemd/systemd_bus.hpp"
#include "tests/unit/catch.hpp"

using agent::systemd::kLogLineBytes;
using agent::systemd::printable_line;
using Lines = std::vector<std::string>;

TEST_CASE("What a container wrote is one line of text that does nothing to a terminal") {
    struct Row {
        const char* what;
        std::string message;
        std::string line;
    };
    const auto row = GENERATE(values<Row>({
        {"as conmon writes it", "cannot open /dev/ttyS9\n", "cannot open /dev/ttyS9"},
        {"nothing", "", ""},
        {"blanks", " \t\r\n", ""},
        {"blanks before", "  at line 3", "  at line 3"},
        {"several lines", "one\n\ttwo\r\nthree", "one  two  three"},
        {"colours", "\x1b[31mred\x1b[0m", "?[31mred?[0m"},
        {"a zero byte", std::string("a\0b", 3), "a?b"},
        {"delete", "a\x7f", "a?"},
        {"other languages", "Gerät läuft – 温度 🌡", "Gerät läuft – 温度 🌡"},
        {"a C1 control character",
         "a\xc2\x9b"
         "31m",
         "a?31m"},
        {"the character after those", "a\xc2\xa0z", "a\xc2\xa0z"},
        {"no UTF-8", "a\xff\xfe\xc0\x80z", "a????z"},
        {"a character that breaks off", "a\xe6\xb8", "a??"},
        {"a character that another interrupts", "\xe6(\xa9", "?(?"},
    }));
    INFO(row.what);
    CHECK(printable_line(row.message) == row.line);
}

TEST_CASE("A long line is cut, between two characters") {
    CHECK(printable_line(std::string(kLogLineBytes, 'x')) == std::string(kLogLineBytes, 'x'));
    CHECK(printable_line(std::string(kLogLineBytes + 1, 'x')) == std::string(kLogLineBytes, 'x'));
    const auto before = std::string(kLogLineBytes - 1, 'x');
    CHECK(printable_line(before + "ä") == before);
    CHECK(printable_line(before.substr(1) + "ä") == before.substr(1) + "ä");
}

TEST_CASE("Who never ran wrote nothing, whether there is a journal or not") {
    agent::systemd::SystemdBus systemd;
    const auto* unit = "nobody-has-this-name.service";
    for (const auto* invocation : {"", "00000000000000000000000000000001"}) {
        const auto lines = systemd.last_log_lines(unit, invocation, 5);
        REQUIRE(lines);
        CHECK(lines->empty());
    }
}
