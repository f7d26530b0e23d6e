// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::apt::helper {

/// Does that in a process of its own, and writes what it and its programs print to the journal,
/// line by line. It goes on when nobody reads our own output any more. An error has the last lines
/// of them; ErrorCode::no_space where these tell of that.
[[nodiscard]] model::Result<> run_logged(const std::function<model::Result<>()>& act);
/// The same for dpkg with these arguments, under a lock of its front ends that is held already.
[[nodiscard]] model::Result<> run_dpkg(const std::vector<std::string>& arguments);

}  // namespace agent::apt::helper
