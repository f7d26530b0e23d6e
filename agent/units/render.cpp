// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/units/render.hpp"

#include <algorithm>
#include <cassert>
#include <set>

#include "agent/containers/placement.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/units/container_service.hpp"
#include "agent/units/escape.hpp"
#include "agent/units/store_mount.hpp"
#include "agent/units/unit_text.hpp"

namespace agent::units {
namespace {

using Names = std::vector<std::string>;

Names services_of(const model::Description& bundle) {
    Names names;
    for (const auto& container : bundle.containers)
        names.push_back(model::container_service(container.name));
    return names;
}

std::string bundle_target_text(const model::Description& bundle) {
    Names required;
    for (const auto& requirement : bundle.requires_bundles)
        required.push_back(model::bundle_target(requirement.id));
    const auto services = services_of(bundle);
    UnitText text;
    text.section("Unit");
    text.line("Description", "Bundle " + escape_value(bundle.name));
    text.line("Documentation", "man:update-agent(1)");
    text.units("PartOf", {std::string(model::kInstalledBundlesTarget)});
    text.units("Requires", required);
    text.units("Wants", services, {model::bundle_restart_target(bundle.id)});
    text.units("After", required, services);
    return text.take();
}

std::string restart_target_text(const model::Description& bundle) {
    const auto services = services_of(bundle);
    UnitText text;
    text.section("Unit");
    text.line("Description", "Restarts the containers of bundle " + escape_value(bundle.name));
    text.line("Documentation", "man:update-agent(1)");
    text.units("PartOf", {model::bundle_target(bundle.id)});
    text.units("Upholds", services);
    text.units("After", services);
    return text.take();
}

/// Every unit that a container of the set has in its BindsTo=.
std::set<std::string> bound_units(const model::InstalledSet& set) {
    std::set<std::string> bound;
    for (const auto& [id, bundle] : set.bundles) {
        for (const auto& container : bundle.description.containers) {
            for (const auto& required : container.requires_containers)
                bound.insert(model::container_service(required));
            bound.insert(container.unit.binds_to.begin(), container.unit.binds_to.end());
        }
    }
    return bound;
}

const model::InstalledContainer& installed(const model::InstalledBundle& bundle,
                                           const model::ContainerName& name) {
    const auto found = std::find_if(bundle.containers.begin(), bundle.containers.end(),
                                    [&](const auto& container) { return container.name == name; });
    assert(found != bundle.containers.end() && "every container of an installed bundle has a spec");
    return *found;
}

Names host_paths(const model::InstalledSet& set, const model::Description& bundle,
                 const model::Container& container, const RenderContext& context) {
    Names paths;
    for (auto& mount : containers::place(set, bundle, container, context.volume_roots).mounts)
        if (std::find(paths.begin(), paths.end(), mount.host_path) == paths.end())
            paths.push_back(std::move(mount.host_path));
    return paths;
}

std::optional<std::string> image_mount(const model::InstalledBundle& bundle,
                                       const RenderContext& context) {
    if (!bundle.store) return std::nullopt;
    return store_mount_point(bundle, context);
}

void render_store(const model::InstalledBundle& bundle, const RenderContext& context,
                  RenderedUnits& units) {
    if (!bundle.store) return;
    units.files.emplace(mount_unit_name(store_mount_point(bundle, context)),
                        store_mount_text(bundle, context));
}

void render_bundle(const model::InstalledSet& set, const model::InstalledBundle& bundle,
                   const std::set<std::string>& bound, const RenderContext& context,
                   RenderedUnits& units) {
    const auto& description = bundle.description;
    units.wants.push_back(model::bundle_target(description.id));
    units.files[model::bundle_target(description.id)] = bundle_target_text(description);
    units.files[model::bundle_restart_target(description.id)] = restart_target_text(description);
    render_store(bundle, context, units);
    for (const auto& container : description.containers) {
        const auto service = model::container_service(container.name);
        const ContainerPlace place{.bundle = description,
                                   .podman_name = installed(bundle, container.name).podman_name,
                                   .host_paths = host_paths(set, description, container, context),
                                   .image_mount = image_mount(bundle, context),
                                   .bound = bound.contains(service)};
        units.files[service] = container_service_text(container, place, context);
        units.has_devices = units.has_devices || !container.devices.empty();
    }
}

/// The text of [Service]; empty where there is none.
std::string service_section(const std::string& text) {
    constexpr std::string_view kHeader = "\n[Service]\n";
    const auto start = text.find(kHeader);
    if (start == std::string::npos) return {};
    const auto end = text.find("\n[", start + kHeader.size());
    return text.substr(start, end == std::string::npos ? end : end - start);
}

}  // namespace

RenderedUnits render_units(const model::InstalledSet& set, const RenderContext& context) {
    RenderedUnits units;
    const auto bound = bound_units(set);
    for (const auto& [id, bundle] : set.bundles)
        render_bundle(set, bundle, bound, context, units);
    return units;
}

std::vector<std::string> services_to_restart(const RenderedUnits& before,
                                             const RenderedUnits& after) {
    Names names;
    for (const auto& [name, text] : after.files) {
        const auto section = service_section(text);
        if (section.empty()) continue;
        const auto old = before.files.find(name);
        if (old == before.files.end() || service_section(old->second) != section)
            names.push_back(name);
    }
    return names;
}

}  // namespace agent::units
