// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/result.hpp"

#include <cerrno>

#include "tests/unit/catch.hpp"

using agent::model::errno_error;
using agent::model::Error;
using agent::model::ErrorCode;
using agent::model::fail;
using agent::model::Result;

namespace {

Result<int> half(int number) {
    if (number % 2 != 0) return fail(ErrorCode::invalid, "odd");
    return number / 2;
}

Result<int> quarter(int number) {
    TRY_ASSIGN(const int once, half(number));
    TRY(half(once));
    return half(once);
}

}  // namespace

TEST_CASE("an error is told from the outermost step to the innermost") {
    const auto error = Error(ErrorCode::busy, "the lock is held")
                           .with_context("locking")
                           .with_context("installing a");
    CHECK(error.text() == "installing a: locking: the lock is held");
    CHECK(error.code() == ErrorCode::busy);
}

TEST_CASE("an error of the cleaning up stands behind the first one") {
    const Error first(ErrorCode::invalid, "bad");
    const auto both =
        first.followed_by(Error(ErrorCode::internal, "worse").with_context("cleaning"));
    CHECK(both.text() == "bad; then: cleaning: worse");
    CHECK(both.code() == ErrorCode::invalid);
}

TEST_CASE("TRY hands an error on and a value back") {
    CHECK(quarter(12) == 3);
    REQUIRE_FALSE(quarter(6));
    CHECK(quarter(6).error().message() == "odd");
    REQUIRE_FALSE(quarter(5));
}

TEST_CASE("a failed system call has the code that says what to do") {
    const std::vector<std::pair<int, ErrorCode>> cases{
        {ENOSPC, ErrorCode::no_space},      {EDQUOT, ErrorCode::no_space},
        {EACCES, ErrorCode::not_permitted}, {EPERM, ErrorCode::not_permitted},
        {EROFS, ErrorCode::not_permitted},  {ENOENT, ErrorCode::not_found},
        {EIO, ErrorCode::internal}};
    for (const auto& [number, code] : cases)
        CHECK(errno_error(number, "open x").code() == code);
    CHECK(errno_error(ENOENT, "open x").text() == "open x: No such file or directory");
}
