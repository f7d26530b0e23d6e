// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "agent/client/conversation.hpp"

namespace agent::client {

// What goes wrong between a caller and the service, in words.

/// There is no service on this machine, or an administrator does not want it to be started.
[[nodiscard]] bool means_absent(std::string_view error_name);
/// The service is on its way, or was killed: worth asking again.
[[nodiscard]] bool means_away(std::string_view error_name);
/// The service is there, and has no such job.
[[nodiscard]] bool means_no_object(std::string_view error_name);

/// `what` was asked for; `action` is what polkit is asked for it.
[[nodiscard]] model::Error told(const Failure& failure, const std::string& what,
                                const std::string& action);
/// Somebody does not want to wait for a job any more.
[[nodiscard]] model::Error left(Job job);
[[nodiscard]] model::Error unknown_job(Job job);
[[nodiscard]] model::Error lost_connection(Job job);
/// The service came back without the job, or, with a reason, did not come back.
[[nodiscard]] model::Error lost_job(Job job, const std::string& reason);

}  // namespace agent::client
