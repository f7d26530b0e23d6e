// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include "agent/crypto/signature.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/crypto/pki.hpp"

namespace tests {

/// A time of day that is a date in tests, such as `at(2024, 6, 1)`.
inline agent::crypto::SystemTime at(int year, unsigned month, unsigned day) {
    return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) /
                                 std::chrono::day(day));
}

/// A clock that is right, long after the floor.
inline agent::crypto::ValidityClock clock_at(agent::crypto::SystemTime now) {
    return {now, at(2021, 1, 1)};
}
/// The tests' self-signed certificates are valid from today on.
inline agent::crypto::ValidityClock good_clock() {
    return clock_at(std::chrono::system_clock::now() + std::chrono::hours(1));
}

/// Holds when `result` is an error of that kind whose text has all of `parts`.
template <typename Value>
void check_fails(const agent::model::Result<Value>& result, agent::model::ErrorCode code,
                 std::initializer_list<std::string_view> parts) {
    REQUIRE_FALSE(result.has_value());
    const std::string text = result.error().text();
    INFO("error: " << text);
    CHECK(result.error().code() == code);
    for (const auto part : parts) {
        INFO("expected in it: " << part);
        CHECK(text.find(part) != std::string::npos);
    }
}

template <typename Value>
void check_untrusted(const agent::model::Result<Value>& result,
                     std::initializer_list<std::string_view> parts) {
    check_fails(result, agent::model::ErrorCode::untrusted, parts);
}

}  // namespace tests
