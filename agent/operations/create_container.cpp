// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/create_container.hpp"

namespace agent::operations {

using containers::LocalArguments;
using model::Result;

Result<LocalArguments> arguments_here(const Host& host, const std::vector<std::string>& arguments) {
    return containers::arguments_here(
        arguments, [&host](const std::string& path) { return host.devices.resolve(path); });
}

Result<> create_container(const Host& host, const std::string& podman_name,
                          const LocalArguments& here) {
    TRY(host.engine.create(here.arguments));
    if (!here.devices.empty()) host.devices.remember(podman_name, here.devices);
    return {};
}

Result<> create_from_stored(const Host& host, const std::string& podman_name,
                            const std::vector<std::string>& arguments) {
    TRY_ASSIGN(const auto here, arguments_here(host, arguments));
    return create_container(host, podman_name, here);
}

}  // namespace agent::operations
