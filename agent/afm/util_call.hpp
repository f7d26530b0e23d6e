// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::afm {

/// A call of org.AGL.afm.user.
struct UtilCall {
    std::string member;
    /// JSON.
    std::string argument;
    bool operator==(const UtilCall&) const = default;
};

/// What the words of afm-util(1) ask for. Paths are relative to `directory`. ErrorCode::usage says
/// what is wrong with them.
[[nodiscard]] model::Result<UtilCall> util_call(const std::vector<std::string>& words,
                                                const std::filesystem::path& directory);
/// Whether they ask for the help.
[[nodiscard]] bool wants_help(const std::vector<std::string>& words);
[[nodiscard]] std::string util_help();

}  // namespace agent::afm
