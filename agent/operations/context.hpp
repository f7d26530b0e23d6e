// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "agent/config/configuration.hpp"
#include "agent/host/container_engine.hpp"
#include "agent/host/devices.hpp"
#include "agent/host/event_log.hpp"
#include "agent/host/hooks.hpp"
#include "agent/host/image_mounts.hpp"
#include "agent/host/machine.hpp"
#include "agent/host/package_database.hpp"
#include "agent/host/package_installer.hpp"
#include "agent/host/service_manager.hpp"
#include "agent/host/store_maker.hpp"
#include "agent/operations/progress.hpp"
#include "agent/store/paths.hpp"

namespace agent::operations {

/// The machine that an operation works on. With `--root`, only `machine` is asked anything.
struct Host {
    host::ContainerEngine& engine;
    host::ServiceManager& services;
    host::PackageDatabase& packages;
    host::PackageInstaller& package_installer;
    host::Machine& machine;
    host::Devices& devices;
    host::EventLog& events;
    host::Hooks& hooks;
    host::ImageMounts& image_mounts;
    host::StoreMaker& store_maker;
};

/// Jobs of units that stop or restart take as long as the containers' own timeouts; this only
/// bounds a systemd that does not answer.
inline constexpr std::chrono::minutes kJobBound{15};

/// Everything an operation is given; nothing is read from the environment.
struct Context {
    store::Paths paths;
    config::Configuration configuration;
    Host host;
    Progress& progress;
    /// Whether the caller wants the operation ended; asked between steps and while bytes flow.
    std::function<bool()> cancelled;
    /// Another root than `/`: files are written below it, nothing is started.
    bool offline = false;
    /// Who called, for the history: `login (uid)`.
    std::string who;
    /// A clock before this cannot judge validity.
    std::chrono::system_clock::time_point build_date;
    /// Program of ExecStopPost= of every container's unit.
    std::string stop_helper;
};

}  // namespace agent::operations
