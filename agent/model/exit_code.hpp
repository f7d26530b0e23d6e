// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::model {

/// A row of the documented table of exit codes.
struct ExitCode {
    ErrorCode error;
    int status;
    std::string_view meaning;
};

/// Every ErrorCode once. Success is 0.
inline constexpr std::array<ExitCode, 12> kExitCodes = {{
    {ErrorCode::internal, 1, "internal error"},
    {ErrorCode::usage, 2, "usage"},
    {ErrorCode::invalid, 3, "description or bundle file invalid"},
    {ErrorCode::untrusted, 4, "not trusted (signature, certificate, floor)"},
    {ErrorCode::conflict, 5, "dependencies or names conflict"},
    {ErrorCode::not_found, 6, "not found"},
    {ErrorCode::busy, 7, "another operation is running"},
    {ErrorCode::unhealthy, 8, "the new set did not become healthy; the old one is running"},
    {ErrorCode::rollback_failed, 9, "going back failed; state is reported"},
    {ErrorCode::not_permitted, 10, "not permitted"},
    {ErrorCode::no_space, 11, "no space"},
    {ErrorCode::unreachable, 12, "source unreachable"},
}};

[[nodiscard]] int exit_code(ErrorCode error);
/// ErrorCode::internal for a status that has no row.
[[nodiscard]] ErrorCode error_of_status(int status);

}  // namespace agent::model
