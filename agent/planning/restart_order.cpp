// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/restart_order.hpp"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "agent/model/unit_name.hpp"
#include "agent/planning/checks.hpp"

namespace agent::planning {

namespace {

using model::InstalledSet;
using Names = std::vector<std::string>;

Names own_required(const model::Container& container) {
    Names names;
    for (const auto& required : container.requires_containers)
        names.push_back(model::container_service(required));
    return names;
}

/// Each unit, and the services that restart with it.
std::unordered_map<std::string, Names> services_bound_to(const InstalledSet& set) {
    std::unordered_map<std::string, Names> bound;
    for (const auto& [id, bundle] : set.bundles)
        for (const auto& container : bundle.description.containers) {
            const auto service = model::container_service(container.name);
            const auto own = own_required(container);
            const auto& host = container.unit;
            for (const auto* units : {&own, &host.binds_to, &host.requires_units, &host.requisite})
                for (const auto& unit : *units)
                    bound[unit].push_back(service);
        }
    return bound;
}

std::unordered_set<std::string> with_bound(const InstalledSet& set, const Names& services) {
    const auto bound = services_bound_to(set);
    std::unordered_set<std::string> all(services.begin(), services.end());
    Names todo = services;
    while (!todo.empty()) {
        const auto found = bound.find(todo.back());
        todo.pop_back();
        if (found == bound.end()) continue;
        for (const auto& service : found->second)
            if (all.insert(service).second) todo.push_back(service);
    }
    return all;
}

/// Visits every service of a set once, after those that its unit has in After=.
class StartOrder {
  public:
    explicit StartOrder(const InstalledSet& set) {
        for (const auto& [id, bundle] : set.bundles)
            for (const auto& container : bundle.description.containers)
                containers_.emplace(model::container_service(container.name), &container);
        for (const auto& id : by_requirements(set))
            for (const auto& container : set.find(id)->description.containers)
                visit(model::container_service(container.name));
    }

    [[nodiscard]] Names take() { return std::move(order_); }

  private:
    void visit(const std::string& service) {
        const auto found = containers_.find(service);
        if (found == containers_.end() || !seen_.insert(service).second) return;
        for (const auto& required : own_required(*found->second))
            visit(required);
        for (const auto& unit : found->second->unit.after)
            visit(unit);
        order_.push_back(service);
    }

    std::unordered_map<std::string, const model::Container*> containers_;
    std::unordered_set<std::string> seen_;
    Names order_;
};

}  // namespace

std::vector<std::string> restart_order(const InstalledSet& set, const Names& services) {
    if (services.empty()) return {};
    const auto restarting = with_bound(set, services);
    auto order = StartOrder(set).take();
    std::erase_if(order, [&](const auto& service) { return restarting.count(service) == 0; });
    return order;
}

}  // namespace agent::planning
