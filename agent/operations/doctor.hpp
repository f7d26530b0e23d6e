// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/operations/context.hpp"

namespace agent::operations {

enum class Finding { good, warning, failure };
[[nodiscard]] std::string_view to_string(Finding finding);

/// One thing the doctor looked at.
struct Check {
    std::string name;
    Finding finding = Finding::good;
    std::string text;
    /// What to do; empty where nothing is to be done.
    std::string advice;
};

/// What helps where the current generation cannot be read.
inline constexpr const char* kUnreadableSetAdvice =
    "stop installed-bundles.target, move /opt/operation/systemd-units away, "
    "'systemctl daemon-reload', then install the bundles again";

/// Looks at everything that keeps bundles from being installed or from running. Changes nothing,
/// and goes on after what fails.
[[nodiscard]] std::vector<Check> examine(const Context& context);

}  // namespace agent::operations
