// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bus/text.hpp"

#include "tests/unit/catch.hpp"

using agent::bus::sendable;

TEST_CASE("What sd-bus sends in no string is replaced, and all else is as it was") {
    struct Row {
        std::string text;
        std::string valid;
    };
    const std::string replaced = "\xef\xbf\xbd";
    const auto row = GENERATE_COPY(values<Row>({
        {"", ""},
        {"a.bundle", "a.bundle"},
        {"\x7f\n", "\x7f\n"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"\xe2\x82\xac \xf0\x9f\x8e\x81", "\xe2\x82\xac \xf0\x9f\x8e\x81"},
        {"\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd"},
        {"gr\xfc\xdf", "gr" + replaced + replaced},
        {"\xc3", replaced},
        {"\xe2\x82", replaced + replaced},
        {"\xc0\x80", replaced + replaced},
        {"\xe0\x80\x80", replaced + replaced + replaced},
        {"\xed\xa0\x80", replaced + replaced + replaced},
        {"\xf4\x90\x80\x80", replaced + replaced + replaced + replaced},
        {"\x80"
         "a",
         replaced + "a"},
    }));
    INFO(row.text);
    CHECK(sendable(row.text) == row.valid);
    CHECK(sendable(row.valid) == row.valid);
}

TEST_CASE("Noncharacters are replaced whole, and their neighbours stay") {
    const std::string replaced = "\xef\xbf\xbd";
    for (const std::string each : {"\ufdd0", "\ufdef", "\ufffe", "\uffff", "\U0001fffe",
                                   "\U0002ffff", "\U0010ffff", "\U000fffff"})
        CHECK(sendable("<" + each + ">") == "<" + replaced + ">");
    for (const std::string each : {"\ufdcf", "\ufdf0", "\ufffd", "\ufffc", "\U0001fffd",
                                   "\U0001effe", "\ubfbf", "\U00020000"})
        CHECK(sendable(each) == each);
}
