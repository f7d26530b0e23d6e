// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/units/container_service.hpp"

#include <cmath>

#include "agent/containers/create_spec.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/units/escape.hpp"
#include "agent/units/pause.hpp"
#include "agent/units/unit_text.hpp"

namespace agent::units {
namespace {

using Names = std::vector<std::string>;

/// First systemd with RestartMode=, and the first where a unit that is about to restart in the
/// other mode has failed in between, with all that follows from it.
constexpr unsigned kRestartModeSince = 254;
constexpr unsigned kStartLimitBurst = 5;

Names required_containers(const model::Container& container) {
    Names names;
    for (const auto& required : container.requires_containers)
        names.push_back(model::container_service(required));
    return names;
}

/// The targets of the required bundles are named here, too: ordering the bundles' targets alone
/// lets the containers of both start side by side.
Names started_before(const model::Container& container, const ContainerPlace& place) {
    Names names = {"network.target", "update-agent-store.service"};
    if (place.image_mount) {
        names.push_back(mount_unit_name(*place.image_mount));
        names.emplace_back(model::kImagesService);
    }
    for (const auto& requirement : place.bundle.requires_bundles)
        names.push_back(model::bundle_target(requirement.id));
    for (auto& service : required_containers(container))
        names.push_back(std::move(service));
    return names;
}

/// In percent, to the two decimals that CPUQuota= keeps.
std::string cpu_quota(double cpus) {
    const auto hundredths = std::llround(cpus * 10000);
    std::string text = std::to_string(hundredths / 100);
    if (const auto rest = hundredths % 100; rest != 0)
        text += (rest < 10 ? ".0" : ".") + std::to_string(rest);
    return text + "%";
}

/// With Requires= each attempt would end before this unit is started, which no start limit counts,
/// and Upholds= would ask again at once. As it is, podman fails without the image.
Names started_along(const ContainerPlace& place) {
    if (!place.image_mount) return {};
    return {mount_unit_name(*place.image_mount)};
}

void add_dependencies(UnitText& text, const model::Container& container,
                      const ContainerPlace& place, const RenderContext& context) {
    const auto& host = container.unit;
    text.units("PartOf", {model::bundle_target(place.bundle.id)});
    text.units("BindsTo", required_containers(container), host.binds_to);
    text.units("Requires", host.requires_units);
    text.units("Requisite", host.requisite);
    text.units("Wants", started_along(place), host.wants);
    text.units("After", started_before(container, place), host.after);
    auto paths = escape_path(context.operation_directory);
    for (const auto& path : place.host_paths)
        paths += " " + escape_path(path);
    text.line("RequiresMountsFor", paths);
}

/// What is bound must see this unit go inactive, which it does not in that mode.
bool restarts_directly(const model::Container& container, const ContainerPlace& place,
                       const RenderContext& context) {
    return context.systemd_version >= kRestartModeSince && !place.bound &&
           container.restart != "no";
}

void add_start_limit(UnitText& text, const model::Container& container, const ContainerPlace& place,
                     const RenderContext& context) {
    text.line("StartLimitIntervalSec", model::to_string(start_limit_interval(container)));
    text.line("StartLimitBurst",
              std::to_string(container.start_limit_burst.value_or(kStartLimitBurst)));
    const auto pause = pause_unit(container);
    // Elsewhere every single failure would begin the pause.
    const bool fails_only_at_the_limit =
        context.systemd_version < kRestartModeSince || restarts_directly(container, place, context);
    if (!pause || !fails_only_at_the_limit) return;
    text.units("OnFailure", {*pause});
    text.units("After", {*pause});
}

void add_commands(UnitText& text, const model::Container& container, const ContainerPlace& place,
                  const RenderContext& context) {
    text.line("Type", "notify");
    text.line("NotifyAccess", "all");
    text.command("ExecStart", "", {context.podman, "start", place.podman_name});
    // By label, because after a switch the unit names the new container while the old one runs.
    text.command(
        "ExecStop", "",
        {context.podman, "stop", "--filter",
         "label=" + std::string(containers::kContainerLabel) + "=" + container.name.value()});
    text.command("ExecStopPost", "-", {context.stop_helper, container.name.value()});
    text.line("SendSIGKILL", "no");
    // Podman prints the container it started; the container's own output does not come this way.
    text.line("StandardOutput", "null");
    // By default that would follow the output, and nobody would learn why podman failed.
    text.line("StandardError", "journal");
}

void add_restart(UnitText& text, const model::Container& container, const ContainerPlace& place,
                 const RenderContext& context) {
    text.line("Restart", escape_value(container.restart));
    text.line("RestartSec", model::to_string(container.restart_sec));
    if (restarts_directly(container, place, context)) text.line("RestartMode", "direct");
    if (container.start_timeout)
        text.line("TimeoutStartSec", model::to_string(*container.start_timeout));
    if (container.stop_timeout)
        text.line("TimeoutStopSec", model::to_string(*container.stop_timeout));
}

void add_resources(UnitText& text, const model::Container& container, const ContainerPlace& place) {
    text.units("Slice", {model::bundle_slice(place.bundle.id)});
    text.line("Delegate", "yes");
    if (container.memory_max) text.line("MemoryMax", std::to_string(*container.memory_max));
    if (container.cpus) text.line("CPUQuota", cpu_quota(*container.cpus));
    if (container.pids_limit) text.line("TasksMax", std::to_string(*container.pids_limit));
}

}  // namespace

std::string container_service_text(const model::Container& container, const ContainerPlace& place,
                                   const RenderContext& context) {
    UnitText text;
    text.section("Unit");
    text.line("Description", "Container " + container.name.value() + " of bundle " +
                                 escape_value(place.bundle.name));
    text.line("Documentation", "man:update-agent(1)");
    add_dependencies(text, container, place, context);
    add_start_limit(text, container, place, context);
    text.section("Service");
    add_commands(text, container, place, context);
    add_restart(text, container, place, context);
    add_resources(text, container, place);
    return text.take();
}

}  // namespace agent::units
