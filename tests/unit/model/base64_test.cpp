// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/base64.hpp"

#include "tests/unit/catch.hpp"

using agent::model::from_base64;
using agent::model::to_base64;

TEST_CASE("Bytes of every length are the same after base 64") {
    // The examples of RFC 4648, and every kind of bit.
    const std::vector<std::pair<std::string, std::string>> rows{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"\xff", "/w=="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xef\xbe", "++++"},
        {"\xff\xff\xff", "////"},
        {std::string(3, '\0'), "AAAA"},
    };
    for (const auto& [bytes, text] : rows) {
        CHECK(to_base64(bytes) == text);
        CHECK(from_base64(text) == bytes);
    }
}

TEST_CASE("What is no base 64 stands for nothing") {
    for (const auto* text : {"-", "Zg-=", "Zm9v\n", " ", "\xff"})
        CHECK_FALSE(from_base64(text));
    CHECK(from_base64("Zg") == "f");
}
