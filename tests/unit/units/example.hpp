// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/containers/create_spec.hpp"
#include "agent/model/installed_set.hpp"
#include "agent/units/render.hpp"

/// Installed sets, made by hand.
namespace example {

namespace model = agent::model;

inline model::BundleId id(std::string_view text) {
    return model::BundleId::parse(text).value();
}

inline model::ContainerName name(std::string_view text) {
    return model::ContainerName::parse(text).value();
}

inline model::Container container(std::string_view container_name) {
    model::Container container;
    container.name = name(container_name);
    container.image = "localhost/image:1";
    container.image_id = model::Sha256::parse(std::string(64, 'a')).value();
    return container;
}

inline model::Description bundle(std::string_view bundle_id,
                                 std::vector<model::Container> containers,
                                 const std::vector<std::string>& required = {}) {
    model::Description description;
    description.id = id(bundle_id);
    description.name = "The " + std::string(bundle_id);
    description.containers = std::move(containers);
    for (const auto& other : required)
        description.requires_bundles.push_back(
            {id(other), model::VersionRange::parse("*").value()});
    return description;
}

inline model::InstalledSet installed(const std::vector<model::Description>& bundles) {
    model::InstalledSet set;
    for (const auto& description : bundles) {
        model::InstalledBundle installed;
        installed.description = description;
        for (const auto& container : description.containers)
            installed.containers.push_back(
                agent::containers::make_create_spec(description.id, container).container);
        set.bundles.emplace(description.id, installed);
    }
    return set;
}

inline agent::units::RenderContext context(unsigned systemd_version = 252) {
    agent::units::RenderContext context;
    context.systemd_version = systemd_version;
    context.stop_helper = "/usr/libexec/update-agent/stop-helper";
    return context;
}

/// A base and an add-on that requires it, each with two containers of which one requires the other.
inline model::InstalledSet base_and_addon() {
    auto bridge = container("bridge");
    bridge.requires_containers = {name("broker")};
    auto reader = container("reader");
    reader.requires_containers = {name("writer")};
    return installed({bundle("mqtt-base", {container("broker"), bridge}),
                      bundle("mqtt-demo", {container("writer"), reader}, {"mqtt-base"})});
}

/// A base and an add-on whose images are in the same store, which is mounted.
inline model::InstalledSet mounted(bool verity) {
    auto set = base_and_addon();
    char digit = '1';
    for (auto& [bundle_id, bundle] : set.bundles) {
        bundle.digest = model::Sha256::parse(std::string(64, digit++)).value();
        bundle.store = model::InstalledStore{
            .root_hash = model::Sha256::parse(std::string(60, '0') + "abcd").value(),
            .hash_offset = 8192,
            .verity = verity};
    }
    return set;
}

/// Every key of a container that a unit depends on, and text that would harm a unit file.
inline model::Container full_container() {
    using namespace std::chrono_literals;
    auto full = container("full");
    full.start_timeout = 90s;
    full.stop_timeout = 20s;
    full.restart = "on-failure";
    full.restart_sec = 1500ms;
    full.start_limit_burst = 3;
    full.start_limit_interval = 2min;
    full.sdnotify = model::SdNotify::conmon;
    full.command = {"%h $HOME \"quoted\"\nExecStartPre=/bin/evil", "\\"};
    full.env = {{"EVIL", "a\nb ${c} %n ; \t'"}};
    full.devices = {"/dev/ttyS0"};
    full.memory_max = 268435456;
    full.cpus = 1.5;
    full.pids_limit = 100;
    full.unit.requires_units = {"dbus.socket"};
    full.unit.wants = {"time-sync.target"};
    full.unit.binds_to = {"sys-subsystem-net-devices-eth0.device"};
    full.unit.after = {"dbus.socket", R"(dev-disk-by\x2dlabel-data.device)"};
    full.unit.requisite = {"local-fs.target"};
    return full;
}

}  // namespace example
