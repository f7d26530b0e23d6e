// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/applications.hpp"

#include <algorithm>
#include <set>

#include "agent/model/unit_name.hpp"

namespace agent::afm {

namespace {

using model::Description;
using model::Result;

/// Index of the first container that no other one requires; requirements have no circles, so there
/// is one.
std::size_t leader_of(const Description& description) {
    std::set<model::ContainerName> required;
    for (const auto& container : description.containers)
        required.insert(container.requires_containers.begin(), container.requires_containers.end());
    const auto& containers = description.containers;
    const auto leader = std::find_if(containers.begin(), containers.end(), [&](const auto& each) {
        return required.count(each.name) == 0;
    });
    return leader == containers.end() ? 0 : static_cast<std::size_t>(leader - containers.begin());
}

bool runs(const ServiceView& service) {
    return service.main_pid != 0 && (service.active == "active" || service.active == "reloading" ||
                                     service.active == "activating");
}

std::string word_for(const std::vector<ServiceView>& services) {
    if (services.front().frozen) return "paused";
    const bool all_up = std::all_of(services.begin(), services.end(), [](const auto& service) {
        return service.active != "activating";
    });
    return all_up ? "running" : kStarting;
}

}  // namespace

std::string application_id(const Description& description) {
    return description.id.value() + "@" + description.version.to_string();
}

Result<const Description*> find_application(const model::InstalledSet& set, const std::string& id) {
    for (const auto& [bundle_id, bundle] : set.bundles)
        if (application_id(bundle.description) == id) return &bundle.description;
    return model::fail(model::ErrorCode::not_found,
                       "no application " + id + " is installed; 'runnables' lists what is");
}

Json detail(const Description& description) {
    return {{"id", application_id(description)},
            {"version", description.version.to_string()},
            {"width", description.width},
            {"height", description.height},
            {"name", description.name},
            {"description", description.description},
            {"shortname", description.short_name},
            {"author", description.author}};
}

Json runnables(const model::InstalledSet& set) {
    Json list = Json::array();
    for (const auto& application : applications_of(set))
        list.push_back(detail(application));
    return list;
}

std::vector<Description> applications_of(const model::InstalledSet& set) {
    std::vector<Description> applications;
    for (const auto& [id, bundle] : set.bundles)
        applications.push_back(bundle.description);
    return applications;
}

std::vector<std::string> services_of(const Description& description) {
    std::vector<std::string> services;
    for (const auto& container : description.containers)
        services.push_back(model::container_service(container.name));
    const auto leader = static_cast<std::ptrdiff_t>(leader_of(description));
    if (!services.empty())
        std::rotate(services.begin(), services.begin() + leader, services.begin() + leader + 1);
    return services;
}

std::optional<Runner> runner_of(const Description& description,
                                const std::vector<ServiceView>& services) {
    if (services.empty() || !runs(services.front())) return std::nullopt;
    Runner runner{.runid = services.front().main_pid,
                  .pids = {services.front().main_pid},
                  .state = word_for(services),
                  .id = application_id(description),
                  .bundle = description.id};
    for (const auto& service : services)
        for (const auto pid : service.pids)
            if (pid != runner.runid) runner.pids.push_back(pid);
    return runner;
}

Json state_of(const Runner& runner) {
    return {
        {"runid", runner.runid}, {"pids", runner.pids}, {"state", runner.state}, {"id", runner.id}};
}

}  // namespace agent::afm
