// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/bus/handles.hpp"
#include "agent/client/request.hpp"

namespace agent::client {

/// The message of the call; it has descriptors of its own. A negative errno is a failure.
[[nodiscard]] int make_message(sd_bus* bus, const Request& request, bus::Message& message);

}  // namespace agent::client
