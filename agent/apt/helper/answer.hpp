// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "agent/model/result.hpp"

namespace agent::apt::helper {

/// Of every answer; the agent's own side has the same.
inline constexpr int kFormat = 2;

/// Prints an answer.
void print(nlohmann::json answer);
/// Prints `{"format":…,"error":{"exit-code":…,"message":…}}`; returns the status to end with.
int print_failure(const model::Error& error);
/// What apt has noted as errors so far, in one line.
[[nodiscard]] std::string apt_errors();
/// A failure of apt, with what it has noted.
[[nodiscard]] model::Error apt_failure(model::ErrorCode code, const std::string& what);

}  // namespace agent::apt::helper
