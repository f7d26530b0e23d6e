// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/utf8.hpp"

#include "tests/unit/catch.hpp"

using agent::model::valid_utf8;

TEST_CASE("UTF-8 stays as it is, and each byte that is none is replaced") {
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
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
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
    CHECK(valid_utf8(row.text) == row.valid);
    CHECK(valid_utf8(row.valid) == row.valid);
}
