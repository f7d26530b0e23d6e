// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/version.hpp"

#include <vector>

#include "tests/unit/catch.hpp"
#include "tests/unit/model/semver_vectors.hpp"

using agent::model::ErrorCode;
using agent::model::Version;

namespace {

Version version(const std::string& text) {
    const auto parsed = Version::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

}  // namespace

TEST_CASE("every valid example of the specification is a version and is written as it was read") {
    for (const std::string text : semver_vectors::kValid) {
        INFO(text);
        const auto parsed = Version::parse(text);
        REQUIRE(parsed);
        CHECK(parsed->to_string() == text);
    }
}

TEST_CASE("no invalid example of the specification is a version") {
    for (const std::string text : semver_vectors::kInvalid) {
        INFO(text);
        const auto parsed = Version::parse(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code() == ErrorCode::invalid);
        CHECK(parsed.error().text().find(text) != std::string::npos);
    }
}

TEST_CASE("a number of a version has at most 64 bits") {
    const auto parsed = Version::parse(semver_vectors::kValidButTooLarge);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().text().find("too large") != std::string::npos);
    CHECK(Version::parse("18446744073709551615.0.0"));
    CHECK_FALSE(Version::parse("18446744073709551616.0.0"));
}

TEST_CASE("a version is read strictly") {
    for (const std::string text :
         {"", "v1.2.3", " 1.2.3", "1.2.3 ", "1.2.3\n", "1..3", "1.2.", "a.b.c", "1.2.3-", "1.2.3+",
          "1.2.3-+b", "1.2.3-a+", "1.2.3-\xc3\xa4"}) {
        INFO(text);
        CHECK_FALSE(Version::parse(text));
    }
    CHECK_FALSE(Version::parse(std::string_view("1.2.3\0", 6)));
}

TEST_CASE("the parts of a version can be read one by one") {
    const auto parsed = version("1.22.333-rc.4-x+build.5");
    CHECK(parsed.major() == 1);
    CHECK(parsed.minor() == 22);
    CHECK(parsed.patch() == 333);
    CHECK(parsed.prerelease() == std::vector<std::string>{"rc", "4-x"});
    CHECK(parsed.build() == "build.5");
    CHECK(Version(1, 2, 3).to_string() == "1.2.3");
}

TEST_CASE("versions are ordered by precedence") {
    const std::vector<std::string> ascending{"0.0.0-0",
                                             "0.0.0",
                                             "0.9.9",
                                             "1.0.0-0",
                                             "1.0.0-1",
                                             "1.0.0-9",
                                             "1.0.0-10",
                                             "1.0.0-99999999999999999999",
                                             "1.0.0-100000000000000000000",
                                             "1.0.0--",
                                             "1.0.0-BETA",
                                             "1.0.0-alpha",
                                             "1.0.0-alpha.1",
                                             "1.0.0-alpha.beta",
                                             "1.0.0-beta",
                                             "1.0.0-beta.2",
                                             "1.0.0-beta.11",
                                             "1.0.0-rc.1",
                                             "1.0.0",
                                             "1.0.1",
                                             "1.2.0",
                                             "1.10.0",
                                             "2.0.0",
                                             "10.0.0"};
    for (std::size_t i = 0; i < ascending.size(); ++i) {
        for (std::size_t j = 0; j < ascending.size(); ++j) {
            INFO(ascending[i] << " and " << ascending[j]);
            CHECK((version(ascending[i]) <=> version(ascending[j])) == (i <=> j));
            CHECK((version(ascending[i]) == version(ascending[j])) == (i == j));
        }
    }
}

TEST_CASE("build metadata does not make another version") {
    CHECK(version("1.0.0+a") == version("1.0.0+b"));
    CHECK(version("1.0.0-rc.1+a") == version("1.0.0-rc.1"));
    CHECK((version("1.0.0+2") <=> version("1.0.0+1")) == std::strong_ordering::equal);
}

TEST_CASE("VERSION_ID of an operating system is read as a version") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"12", "12.0.0"},       {"24.04", "24.4.0"},       {"3.18.4", "3.18.4"},
        {"2023.1", "2023.1.0"}, {"7.09.2009", "7.9.2009"}, {"1.2.3-rc.1", "1.2.3-rc.1"},
        {"0", "0.0.0"}};
    for (const auto& [version_id, expected] : cases) {
        INFO(version_id);
        const auto coerced = Version::coerce_os_version(version_id);
        REQUIRE(coerced);
        CHECK(coerced->to_string() == expected);
    }
}

TEST_CASE("a VERSION_ID that is none is refused by name") {
    for (const std::string version_id :
         {"rolling", "12.", ".5", "1.2.3.4", "12 ", "-1", "99999999999999999999", "nodistro.0"}) {
        INFO(version_id);
        const auto coerced = Version::coerce_os_version(version_id);
        REQUIRE_FALSE(coerced);
        CHECK(coerced.error().code() == ErrorCode::invalid);
        CHECK(coerced.error().text().find('"' + version_id + '"') != std::string::npos);
    }
    const auto none = Version::coerce_os_version("");
    REQUIRE_FALSE(none);
    CHECK(none.error().text().find("no VERSION_ID") != std::string::npos);
}
