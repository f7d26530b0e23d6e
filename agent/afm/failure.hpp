// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/model/result.hpp"

namespace agent::afm {

/// How a message begins of what is no fault of the caller.
inline constexpr const char* kFault = "system error";

/// What was being done, where that decides how a failure is called.
enum class Doing { something, starting };

/// The message of an error for a caller: one of "bad request", "not found", "forbidden", "can't
/// start" and "system error", then ": " and the error's own text.
[[nodiscard]] std::string failure_message(const model::Error& error, Doing doing);

}  // namespace agent::afm
