// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/host_packages.hpp"

namespace agent::model {

std::string to_string(const std::vector<NewPackage>& packages) {
    std::string text;
    for (const auto& package : packages)
        text += (text.empty() ? "" : ", ") + to_string(package);
    return text;
}

}  // namespace agent::model
