// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/names.hpp"

#include "agent/model/unit_name.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;

constexpr std::string_view kBundlePrefix = "bundle:";
constexpr std::string_view kContainerPrefix = "container:";

}  // namespace

Result<Subject> resolve(const model::InstalledSet& set, std::string_view name) {
    const bool only_bundle = name.substr(0, kBundlePrefix.size()) == kBundlePrefix;
    const bool only_container = name.substr(0, kContainerPrefix.size()) == kContainerPrefix;
    if (only_bundle) name.remove_prefix(kBundlePrefix.size());
    if (only_container) name.remove_prefix(kContainerPrefix.size());

    const auto id = model::BundleId::parse(name);
    const auto container = model::ContainerName::parse(name);
    const bool is_bundle = !only_container && id && set.find(*id) != nullptr;
    const bool is_container = !only_bundle && container && set.owner_of(*container) != nullptr;
    const std::string text(name);
    if (is_bundle && is_container)
        return model::fail(ErrorCode::usage,
                           "'" + text + "' is a bundle and a container: say bundle:" + text +
                               " or container:" + text);
    if (is_bundle) return Subject(*id);
    if (is_container) return Subject(*container);
    return model::fail(ErrorCode::not_found, "no bundle or container '" + text +
                                                 "' is installed; 'update-agent list' shows "
                                                 "what is");
}

std::vector<std::string> services_of(const model::InstalledSet& set, const Subject& subject) {
    if (const auto* name = std::get_if<model::ContainerName>(&subject))
        return {model::container_service(*name)};
    std::vector<std::string> services;
    for (const auto& container : set.find(std::get<model::BundleId>(subject))->containers)
        services.push_back(model::container_service(container.name));
    return services;
}

}  // namespace agent::operations
