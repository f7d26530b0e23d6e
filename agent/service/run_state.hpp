// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace agent::service {

/// What is done to the installed set, by whomever, as the agent writes it to a file.
struct RunState {
    std::string current = "starting";
    std::string previous = "starting";

    /// Takes over what the text of the file says, or "idle" where there is none; whether that is
    /// something else.
    bool take(const std::string& text);
};

}  // namespace agent::service
