// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "agent/podman/podman_cli.hpp"

namespace agent::podman {

/// One call: what it is called in messages, the arguments after `podman`, and how long it may take.
struct PodmanCli::Call {
    std::string title;
    std::vector<std::string> arguments;
    std::chrono::milliseconds timeout;
    std::map<std::string, std::string> environment = {};
    bool moves_image = false;
};

/// Of a container that carries our label: somebody else may have given the name to his own. The
/// volumes are those without a name, which nothing else can use.
[[nodiscard]] std::vector<std::string> removal_of(const std::string& name,
                                                  const std::string& label);

}  // namespace agent::podman
