// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/bus/handles.hpp"
#include "agent/model/result.hpp"

namespace agent::service {

/// What the a{sv} of a call holds.
struct CallOptions {
    /// As the command line has them, such as `--purge`.
    std::vector<std::string> arguments;
    /// Empty where it is not given.
    std::string who;
    /// `generation`; empty where it is not given.
    std::string generation;
    [[nodiscard]] bool has(const std::string& argument) const;
};

/// Reads it; ErrorCode::usage for an option that is not among these names, or not of its type.
/// `who` may always be there. All but that and `generation` (u) are booleans.
[[nodiscard]] model::Result<CallOptions> read_options(sd_bus_message* call,
                                                      std::span<const std::string> names);

/// Reads an array of strings: 1 to 100 that are not empty, of at most 4096 bytes.
[[nodiscard]] model::Result<std::vector<std::string>> read_names(sd_bus_message* call);
/// Whether such a string may be given on to a command.
[[nodiscard]] model::Result<> check_name(const std::string& name);

}  // namespace agent::service
