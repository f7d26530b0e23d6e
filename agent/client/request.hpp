// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace agent::client {

/// A bundle file that the caller has opened, and keeps open until the call is answered.
struct File {
    /// For messages.
    std::string name;
    int descriptor = -1;
};

/// A call of org.updateagent.Manager1 that returns a job.
struct Request {
    std::string method;
    /// What polkit is asked for it.
    std::string action;
    /// What stands in front of the options; nothing for some methods.
    std::variant<std::monostate, std::vector<std::string>, std::vector<File>> subjects;
    /// Options that are true.
    std::vector<std::string> flags;
    std::optional<unsigned> generation;
    /// On whose behalf root calls; empty for nobody else's.
    std::string who;
};

}  // namespace agent::client
