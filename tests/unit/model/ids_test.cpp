// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/ids.hpp"

#include <vector>

#include "tests/unit/catch.hpp"

using agent::model::BundleId;
using agent::model::ContainerName;
using agent::model::ErrorCode;
using agent::model::Sha256;

TEST_CASE("bundles and containers are named by lower-case letters, digits and dashes") {
    for (const std::string text :
         {"a", "0", "base", "robot-base-2", "a-", "9-9", "updateagent", "my-update-agent"}) {
        INFO(text);
        REQUIRE(BundleId::parse(text));
        CHECK(BundleId::parse(text)->value() == text);
        REQUIRE(ContainerName::parse(text));
        CHECK(ContainerName::parse(text)->value() == text);
    }
    CHECK(BundleId::parse(std::string(63, 'a')));
    CHECK(ContainerName::parse(std::string(63, '0')));
}

TEST_CASE("other names are refused with what is allowed") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "lower-case"},
        {"-a", "begin with"},
        {"A", "lower-case"},
        {"a_b", "lower-case"},
        {"a.b", "lower-case"},
        {"a b", "lower-case"},
        {"a/../b", "lower-case"},
        {"a@b", "lower-case"},
        {"\u00e4", "lower-case"},
        {std::string("a\0b", 3), "lower-case"},
        {"a\n", "lower-case"},
        {std::string(64, 'a'), "63"},
        {"update-agent", "reserved"},
        {"update-agent-store", "reserved"},
        {"bundle-startup", "reserved"},
        {"installed-bundles", "reserved"},
    };
    for (const auto& [text, part] : cases) {
        INFO(text);
        const auto id = BundleId::parse(text);
        REQUIRE_FALSE(id);
        CHECK(id.error().code() == ErrorCode::invalid);
        CHECK(id.error().text().find(part) != std::string::npos);
        const auto name = ContainerName::parse(text);
        REQUIRE_FALSE(name);
        CHECK(name.error().text().find(part) != std::string::npos);
    }
}

TEST_CASE("the end -restart is kept for the restart target of a bundle") {
    const auto id = BundleId::parse("robot-restart");
    REQUIRE_FALSE(id);
    CHECK(id.error().text().find("-restart") != std::string::npos);
    CHECK(BundleId::parse("restart"));
    CHECK(BundleId::parse("robot-restarts"));
    CHECK(ContainerName::parse("robot-restart"));
}

TEST_CASE("an id whose slice would have too long a name is refused") {
    CHECK_FALSE(BundleId::parse("a" + std::string(62, '-')));
    CHECK(BundleId::parse("a" + std::string(59, '-')));
    CHECK(ContainerName::parse("a" + std::string(62, '-')));
}

TEST_CASE("a SHA-256 is read with and without its prefix") {
    const std::string digits = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    REQUIRE(Sha256::parse(digits));
    CHECK(Sha256::parse(digits)->hex() == digits);
    REQUIRE(Sha256::parse("sha256:" + digits));
    CHECK(*Sha256::parse("sha256:" + digits) == *Sha256::parse(digits));
    for (const auto& text :
         {std::string(), digits.substr(1), digits + "0", "sha512:" + digits,
          "sha256:sha256:" + digits, "ABCDEF" + digits.substr(6), "g" + digits.substr(1)}) {
        INFO(text);
        const auto id = Sha256::parse(text);
        REQUIRE_FALSE(id);
        CHECK(id.error().code() == ErrorCode::invalid);
    }
}
