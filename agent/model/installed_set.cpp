// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/installed_set.hpp"

#include <algorithm>

namespace agent::model {

const InstalledBundle* InstalledSet::find(const BundleId& id) const {
    const auto found = bundles.find(id);
    return found == bundles.end() ? nullptr : &found->second;
}

const InstalledBundle* InstalledSet::owner_of(const ContainerName& name) const {
    const auto is_named = [&name](const Container& container) { return container.name == name; };
    for (const auto& [id, bundle] : bundles) {
        const auto& description = bundle.description;
        for (const auto* containers : {&description.containers, &description.init_containers}) {
            if (std::any_of(containers->begin(), containers->end(), is_named)) return &bundle;
        }
    }
    return nullptr;
}

std::vector<BundleId> InstalledSet::required_by(const BundleId& id) const {
    std::vector<BundleId> dependants;
    const auto names_id = [&id](const Requirement& requirement) { return requirement.id == id; };
    for (const auto& [dependant, bundle] : bundles) {
        const auto& requirements = bundle.description.requires_bundles;
        if (std::any_of(requirements.begin(), requirements.end(), names_id))
            dependants.push_back(dependant);
    }
    return dependants;
}

}  // namespace agent::model
