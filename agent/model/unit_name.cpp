// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/unit_name.hpp"

namespace agent::model {

std::string bundle_target(const BundleId& id) {
    return id.value() + ".target";
}

std::string bundle_restart_target(const BundleId& id) {
    return id.value() + "-restart.target";
}

std::string bundle_slice(const BundleId& id) {
    std::string name = "bundles-";
    for (const char c : id.value()) {
        if (c == '-')
            name += "\\x2d";
        else
            name += c;
    }
    return name + ".slice";
}

std::string container_service(const ContainerName& name) {
    return name.value() + ".service";
}

}  // namespace agent::model
