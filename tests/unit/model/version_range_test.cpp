// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/version_range.hpp"

#include <sstream>

#include "tests/unit/catch.hpp"

using agent::model::ErrorCode;
using agent::model::Version;
using agent::model::VersionRange;

namespace {

/// A range with versions that are in it and versions that are not, separated by spaces.
struct Row {
    const char* range;
    const char* inside;
    const char* outside;
};

void check(const Row& row) {
    const auto range = VersionRange::parse(row.range);
    INFO(row.range);
    REQUIRE(range);
    const auto check_all = [&range](const char* versions, bool expected) {
        std::istringstream words(versions);
        for (std::string text; words >> text;) {
            INFO(text);
            const auto version = Version::parse(text);
            REQUIRE(version);
            CHECK(range->contains(*version) == expected);
        }
    };
    check_all(row.inside, true);
    check_all(row.outside, false);
}

}  // namespace

TEST_CASE("the basic operators compare whole versions") {
    for (const Row& row : {
             Row{"1.2.3", "1.2.3 1.2.3+build", "1.2.2 1.2.4 2.2.3"},
             Row{"=1.2.3", "1.2.3", "1.2.4"},
             Row{"= 1.2.3", "1.2.3", "1.2.4"},
             Row{"v1.2.3", "1.2.3", "1.2.4"},
             Row{"!=1.2.3", "1.2.2 1.2.4", "1.2.3"},
             Row{">1.2.3", "1.2.4 2.0.0", "1.2.3 1.2.2"},
             Row{">=1.2.3", "1.2.3 1.2.4", "1.2.2"},
             Row{"=>1.2.3", "1.2.3 1.2.4", "1.2.2"},
             Row{"<1.2.3", "1.2.2 0.0.0", "1.2.3 1.2.4"},
             Row{"<=1.2.3", "1.2.3 1.2.2", "1.2.4"},
             Row{"=<1.2.3", "1.2.3 1.2.2", "1.2.4"},
         })
        check(row);
}

TEST_CASE("a version of which numbers are missing stands for all that begin with it") {
    for (const Row& row : {
             Row{"1.2", "1.2.0 1.2.9", "1.1.9 1.3.0"},
             Row{"=2", "2.0.0 2.9.9", "1.9.9 3.0.0"},
             Row{"!=4.1", "4.0.9 4.2.0 5.1.0", "4.1.0 4.1.1"},
             Row{"!=4", "3.0.0 5.1.0", "4.0.0 4.1.0"},
             Row{">11", "12.0.0", "11.0.0 11.1.0"},
             Row{">11.1", "11.2.0 12.0.0", "11.1.0 11.1.1"},
             Row{">=11", "11.0.0 12.0.0", "10.9.9"},
             Row{">=11.1", "11.1.0 11.1.2", "11.0.2"},
             Row{"<1.1", "1.0.9 0.1.0", "1.1.0 1.1.1"},
             Row{"<11", "10.9.9", "11.0.0 11.1.0"},
             Row{"<=11", "11.2.3 1.2.3", "12.0.0 12.2.3"},
             Row{"<=1.1", "1.1.0 1.1.1 0.1.0", "1.2.0"},
             Row{">0", "1.0.0", "0.0.0 0.9.0"},
         })
        check(row);
}

TEST_CASE("x, X and * are wildcards") {
    for (const Row& row : {
             Row{"*", "0.0.0 1.2.3 99.0.0", ""},
             Row{"x", "0.0.0 1.2.3", ""},
             Row{"1.x", "1.0.0 1.9.9", "0.9.9 2.0.0"},
             Row{"1.X.X", "1.0.0 1.9.9", "0.9.9 2.0.0"},
             Row{"1.2.*", "1.2.0 1.2.9", "1.1.9 1.3.0"},
             Row{"1.x.3", "1.0.0 1.9.9", "2.0.0"},
             Row{"0.0.x", "0.0.7", "0.1.0 1.2.3"},
             Row{">= 1.2.x", "1.2.0 2.0.0", "1.1.9"},
             Row{"<= 2.x", "2.9.9 0.1.0", "3.0.0"},
             Row{"<1.x", "0.9.9", "1.0.0 1.1.1"},
             Row{">=*", "0.0.0 1.2.3", ""},
             Row{"<=*", "0.0.0 1.2.3", ""},
             Row{">*", "", "0.0.0 1.2.3"},
             Row{"<*", "", "0.0.0 1.2.3"},
             Row{"!=*", "", "0.0.0 1.2.3"},
             Row{"!=4.x", "5.1.0 3.0.0", "4.0.0 4.1.0"},
             Row{"!=4.1.x", "4.2.0 4.0.9", "4.1.0 4.1.9"},
         })
        check(row);
}

TEST_CASE("the tilde allows other patches, or other minors where none is written") {
    for (const Row& row : {
             Row{"~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0 2.2.3"},
             Row{"~1", "1.0.0 1.9.9", "0.9.9 2.0.0"},
             Row{"~2.3", "2.3.0 2.3.9", "2.2.9 2.4.0"},
             Row{"~1.2.x", "1.2.0 1.2.9", "1.3.0"},
             Row{"~1.x", "1.0.0 1.9.9", "2.0.0"},
             Row{"~>1.2.3", "1.2.3 1.2.9", "1.3.0"},
             Row{"~> 2", "2.9.0", "3.0.0"},
             Row{"~*", "0.0.0 2.1.1", ""},
             Row{"~0.2.3", "0.2.3 0.2.5", "0.3.0"},
             Row{"~0.0.0", "0.0.0 0.0.1 1.2.3", ""},
         })
        check(row);
}

TEST_CASE("the caret allows what does not change the first number that is not zero") {
    for (const Row& row : {
             Row{"^1.2.3", "1.2.3 1.8.9", "1.2.2 2.0.0 0.9.9"},
             Row{"^1.2", "1.2.0 1.8.9", "1.1.9 2.0.0"},
             Row{"^1.2.x", "1.2.0 1.9.9", "1.1.9 2.0.0"},
             Row{"^2.x", "2.0.0 2.9.9", "1.9.9 3.0.0"},
             Row{"^1", "1.0.0 1.8.9", "2.0.0"},
             Row{"^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0 1.2.3"},
             Row{"^0.2", "0.2.0 0.2.9", "0.1.9 0.3.0"},
             Row{"^0.0.3", "0.0.3", "0.0.2 0.0.4 0.1.3 1.0.3"},
             Row{"^0.0", "0.0.0 0.0.9", "0.1.0 1.0.0"},
             Row{"^0.0.0", "0.0.0", "0.0.1 1.2.3"},
             Row{"^0", "0.0.0 0.9.9", "1.0.0"},
             Row{"^*", "0.0.0 1.0.0 9.9.9", ""},
         })
        check(row);
}

TEST_CASE("a hyphen between spaces is a range with both its ends") {
    for (const Row& row : {
             Row{"1.2 - 1.4.5", "1.2.0 1.4.5", "1.1.9 1.4.6"},
             Row{"2.3.4 - 4.5", "2.3.4 4.5.9", "2.3.3 4.6.0"},
             Row{"3 - 4 || 6", "3.0.0 4.9.9 6.1.0", "2.9.9 5.0.0"},
             Row{"1 - 3, !=2.0.0", "1.0.0 2.0.1 3.9.9", "2.0.0 4.0.0"},
             Row{"  1.0.0   -   2.0.0  ", "1.0.0 2.0.0", "2.0.1"},
             // Without spaces, it is the pre-release `3`.
             Row{"1.1.0-3", "1.1.0-3", "1.1.0 2.0.0"},
         })
        check(row);
}

TEST_CASE("a space or a comma means and, || means or") {
    for (const Row& row : {
             Row{">1.1, <2", "1.2.1", "1.1.1 2.0.0"},
             Row{">1.1 <2", "1.2.1", "1.1.1 2.0.0"},
             Row{">1.1,<2", "1.2.1", "1.1.1 2.0.0"},
             Row{">= 1.1 , < 2", "1.1.1", "2.0.0"},
             Row{">=1.1\t<2", "1.1.1", "2.0.0"},
             Row{">=1.1, <2, !=1.2.3", "1.2.4", "1.2.3"},
             Row{">= 1.2, < 3.0.0 || >= 4.2.3", "1.2.0 2.9.9 4.2.3", "1.1.9 3.0.0 4.2.2"},
             Row{"1||2||3", "1.0.0 2.0.0 3.0.0", "4.0.0"},
             Row{">=1.1 <2 !=1.2.3 || > 3", "4.1.2 1.2.4", "1.2.3 3.1.2"},
         })
        check(row);
}

TEST_CASE("a prerelease is admitted where a comparator of the same group names one") {
    for (const Row& row : {
             Row{">=1.2.3", "", "1.3.0-alpha 1.2.3-alpha"},
             Row{"*", "", "1.2.3-alpha.1"},
             Row{"!=1.0.0", "", "2.0.0-alpha"},
             Row{">=1.2.3-0", "1.2.3-alpha 1.3.0-beta 1.2.3", "1.2.2"},
             Row{"*-0", "1.2.3-alpha.1 1.2.3", ""},
             Row{">1.2.3-alpha.1", "1.2.3-alpha.2 1.3.3-alpha.2", "1.2.3-alpha.1 1.2.3-alpha"},
             Row{">=1.2.3-BETA", "1.2.3-alpha", "1.2.3-ALPHA"},
             // Of the group: the second comparator names none, and is met all the same.
             Row{">=1.0.0-0, <2", "1.0.0-alpha 1.5.0-rc.1", "0.9.0-alpha 2.0.0"},
             Row{"<2, >=1.0.0-0", "1.5.0-rc.1", "2.0.0"},
             // Not of another group.
             Row{">=1.0.0-0, <2 || >=3", "1.5.0-rc.1 3.0.0", "3.1.0-rc.1"},
             Row{"~1.2.3-beta.2", "1.2.3-beta.4 1.2.4-beta.2 1.2.3", "1.2.3-beta.1 1.3.4-beta.2"},
             Row{"^1.2.0-alpha.0", "1.2.1-alpha.1 1.2.0-alpha.0", "2.0.0-alpha.1 2.0.0-0"},
             Row{"^0.2.3-beta.2", "0.2.3-beta.4 0.2.4-beta.2", "0.3.4-beta.2"},
             Row{">0-0", "1.0.0-alpha", "0.0.1-alpha"},
             Row{">=0.0-0", "0.0.1-alpha 0.0.0-alpha", ""},
             Row{"<0-z", "0.0.0-alpha", "0.0.0"},
             Row{"<=1.1-a", "0.1.0-alpha 1.1.0-b", "1.2.0-alpha"},
             Row{"!=4.1-alpha", "4.1.0 4.1.1-beta 4.2.0-alpha", "4.1.0-alpha 4.1.1-alpha"},
             Row{"!=1.0.0-rc.1", "1.0.0-rc.2 1.0.0", "1.0.0-rc.1"},
         })
        check(row);
}

TEST_CASE("numbers may have leading zeros, as those of operating systems do") {
    check({">= 24.04", "24.4.0 24.10.0", "24.3.9 22.4.0"});
    check({"007.00.1", "7.0.1", "7.0.0"});
}

TEST_CASE("what is no range is refused with its column") {
    const std::vector<std::pair<std::string, int>> cases{
        {"", 1},
        {"   ", 4},
        {"foo", 1},
        {">= bar", 4},
        {"BAR >= 1.2.3", 1},
        {"12.3.4.1234", 1},
        {"12.3.34~ 1.2.3", 1},
        {">=1.0<2.0", 3},
        {"1.2.3,", 7},
        {",1.2.3", 1},
        {"1.2.3,,2", 7},
        {"1 ||", 5},
        {"|| 1", 1},
        {"1 || || 2", 6},
        {"1 | 2", 3},
        {">", 2},
        {"~> ", 4},
        {"1.", 1},
        {".1", 1},
        {"1..2", 1},
        {"1.xx", 1},
        {"1.2.3-", 1},
        {"1.2.3-01", 1},
        {"1.2.3+", 1},
        {"99999999999999999999", 1},
        {">=1 - 2", 1},
        {"1 - 2 - 3", 7},
        {"1 - >2", 5},
        {"1 -", 3},
        {"V1", 1},
        {"1.2.3\n", 1},
    };
    for (const auto& [text, column] : cases) {
        INFO(text);
        const auto range = VersionRange::parse(text);
        REQUIRE_FALSE(range);
        CHECK(range.error().code() == ErrorCode::invalid);
        CHECK_THAT(range.error().text(),
                   Catch::Matchers::EndsWith("(column " + std::to_string(column) + ")"));
    }
}

TEST_CASE("a range keeps its text") {
    const auto range = VersionRange::parse(" ^1.2 || 3 ");
    REQUIRE(range);
    CHECK(range->text() == " ^1.2 || 3 ");
    CHECK(*range == *VersionRange::parse(" ^1.2 || 3 "));
    CHECK_FALSE(*range == *VersionRange::parse("^1.2 || 3"));
}

TEST_CASE("a range that was never parsed contains nothing") {
    CHECK_FALSE(VersionRange().contains(Version(1, 0, 0)));
}
