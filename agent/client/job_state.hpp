// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/bus/handles.hpp"
#include "agent/client/service.hpp"

namespace agent::client {

[[nodiscard]] std::string path_of(Job job);
/// Nothing where it is no job's path.
[[nodiscard]] std::optional<Job> job_of(std::string_view path);

/// What a job has ended with, from all of its properties; nothing where it goes on. A negative
/// errno is a failure.
[[nodiscard]] int read_state(sd_bus_message* properties, std::optional<Ended>& ended);

}  // namespace agent::client
