// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/file_plan.hpp"

#include <algorithm>
#include <set>

namespace agent::planning {

namespace {

using model::Description;
using model::InstalledSet;
using model::VolumeRoots;

std::vector<ProviderCopy> copies_of(const InstalledSet& set, const Description& bundle,
                                    const VolumeRoots& roots) {
    std::vector<ProviderCopy> providers;
    for (std::size_t i = 0; i < bundle.file_providers.size(); ++i) {
        const auto& provider = bundle.file_providers[i];
        ProviderCopy copy{.bundle = bundle.id,
                          .image = provider.image_id.value_or(model::Sha256()),
                          .key = "file-providers[" + std::to_string(i) + "]",
                          .copies = {}};
        for (const auto& each : provider.copy)
            if (const auto volume = find_volume(set, bundle, each.volume, roots))
                copy.copies.push_back(
                    {.from = each.from, .host_path = volume->host_path, .to = each.to});
        providers.push_back(std::move(copy));
    }
    return providers;
}

void add_writes(const std::vector<ProviderCopy>& providers, std::set<std::string>& writes) {
    for (const auto& provider : providers)
        for (const auto& copy : provider.copies)
            writes.insert(copy.host_path);
}

bool has_providers(const InstalledSet& set) {
    return std::any_of(set.bundles.begin(), set.bundles.end(), [](const auto& each) {
        return !each.second.description.file_providers.empty();
    });
}

/// Whether all that is copied comes back with the volumes.
bool comes_back(const std::vector<ProviderCopy>& providers, const Request& request) {
    std::set<std::string> writes;
    add_writes(providers, writes);
    return std::all_of(writes.begin(), writes.end(), [&](const auto& path) {
        return std::any_of(request.restores.begin(), request.restores.end(),
                           [&path](const auto& restore) { return restore.host_path == path; });
    });
}

}  // namespace

std::optional<FileChange> file_change(const InstalledSet& installed, const Request& request,
                                      const VolumeRoots& roots, const Plan& plan) {
    if (!has_providers(installed) && !has_providers(plan.result)) return std::nullopt;
    FileChange change{.back_from = request.restored};
    std::set<std::string> writes;
    auto gone = plan.remove;
    for (const auto& [id, version] : plan.replaced)
        gone.push_back(id);
    for (const auto& id : gone) {
        const auto& bundle = installed.find(id)->description;
        if (bundle.file_providers.empty()) continue;
        change.remove.push_back(id);
        add_writes(copies_of(installed, bundle, roots), writes);
    }
    for (const auto& candidate : plan.add) {
        auto providers = copies_of(plan.result, candidate.description, roots);
        if (providers.empty()) continue;
        if (candidate.kept && comes_back(providers, request)) {
            change.back.push_back(candidate.description.id);
            continue;
        }
        add_writes(providers, writes);
        std::move(providers.begin(), providers.end(), std::back_inserter(change.copies));
    }
    change.writes.assign(writes.begin(), writes.end());
    return change;
}

}  // namespace agent::planning
