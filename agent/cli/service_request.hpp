// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "agent/bundle/file_io.hpp"
#include "agent/cli/command.hpp"
#include "agent/client/request.hpp"

namespace agent::cli {

/// A call of the service, and what it holds open.
struct ServiceRequest {
    client::Request request;
    std::vector<bundle::FileDescriptor> files;
};

/// What is asked of the service for a command; files are opened, as somebody else cannot open what
/// only the caller may read. An error for a command that the service does not have.
[[nodiscard]] model::Result<ServiceRequest> service_request(const Command& command);

}  // namespace agent::cli
