// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/tar_split.hpp"

#include <sstream>

#include "tests/unit/catch.hpp"

using agent::model::ErrorCode;
using agent::podman::join_segments;

namespace {

std::string joined(const std::string& text) {
    std::istringstream from(text);
    std::ostringstream to;
    const auto done = join_segments(from, to);
    INFO((done ? std::string() : done.error().text()));
    REQUIRE(done);
    return to.str();
}

std::string segment(const std::string& payload, int position) {
    return R"({"type":2,"payload":")" + payload + R"(","position":)" + std::to_string(position) +
           "}\n";
}

}  // namespace

TEST_CASE("However the padding was read, it is one segment") {
    const std::string file =
        R"({"type":1,"name":"a","size":3,"payload":"KrLdsAAAAAA=","position":1})"
        "\n";
    const auto whole = segment("aGVhZGVy", 0) + file + segment("AAAAAAA=", 2);
    CHECK(joined(segment("aGVhZGVy", 0) + file + segment("AAAAAAA=", 2)) == whole);
    CHECK(joined(segment("aGVhZGVy", 0) + file + segment("AAA=", 2) + segment("AAAA", 3)) == whole);
    CHECK(joined(segment("aGVhZGVy", 0) + file + segment("AA==", 2) + segment("AAAA", 3) +
                 segment("AA==", 4)) == whole);
    CHECK(joined("").empty());
}

TEST_CASE("Files follow each other in their order, with all that is said of them") {
    const std::string files =
        R"({"type":1,"name":"a","payload":null,"position":0})"
        "\n"
        R"({"type":1,"name_raw":"/w==","size":1,"payload":"AQ==","position":1})"
        "\n";
    CHECK(joined(files) == files);
}

TEST_CASE("Bytes of every length stay what they are") {
    for (const auto* payload : {"AQ==", "AQI=", "AQID", "/+/+", "AQIDBA=="})
        CHECK(joined(segment(payload, 0)) == segment(payload, 0));
}

TEST_CASE("What podman does not write is refused") {
    for (const auto* text : {"x\n", "[]\n", "{}\n", R"({"type":3,"payload":"AA=="})",
                             R"({"type":2,"payload":"-"})", R"({"type":2})", R"({"type":"1"})"}) {
        INFO(text);
        std::istringstream from(text);
        std::ostringstream to;
        const auto done = join_segments(from, to);
        REQUIRE_FALSE(done);
        CHECK(done.error().code() == ErrorCode::internal);
    }
}
