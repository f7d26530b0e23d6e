// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

#include "agent/bus/handles.hpp"

namespace agent::bus {

/// What sd-bus wants for a time; 0 for one that is not positive.
[[nodiscard]] std::uint64_t microseconds_of(std::chrono::milliseconds time);

/// A connection to the system bus that can be used. `timeout` bounds the connecting, and every call
/// that has no other bound. A negative errno is a failure.
[[nodiscard]] int open_system(Connection& connection, std::chrono::milliseconds timeout);

}  // namespace agent::bus
