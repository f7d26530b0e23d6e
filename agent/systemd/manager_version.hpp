// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "agent/model/result.hpp"

namespace agent::systemd {

/// The major version in the manager's property `Version`: 252 of `252.36-1~deb12u1`.
[[nodiscard]] model::Result<unsigned> major_version(std::string_view text);

}  // namespace agent::systemd
