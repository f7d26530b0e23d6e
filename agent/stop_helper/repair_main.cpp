// SPDX-License-Identifier: GPL-3.0-or-later
// repair-container NAME: what container-stopped becomes after a container's service ended badly.

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "agent/machine/linux_devices.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/podman/podman_cli.hpp"
#include "agent/stop_helper/asked_mark.hpp"
#include "agent/stop_helper/repair.hpp"
#include "agent/systemd/systemd_bus.hpp"

namespace {

constexpr const char* kUnits = "/opt/operation/systemd-units";

agent::model::Result<std::vector<std::string>> repair_container(const char* argument) {
    using namespace agent;
    TRY_ASSIGN(const auto name, model::ContainerName::parse(argument));
    TRY_ASSIGN(const auto spec, stop_helper::stored_spec(kUnits, name));
    podman::PodmanOptions options;
    options.deadline = std::chrono::steady_clock::now() + stop_helper::repair_time(spec);
    podman::PodmanCli podman(options);
    machine::LinuxDevices devices;
    return stop_helper::repair(name, spec, podman, devices);
}

/// Whether somebody asked systemd for this end.
agent::model::Result<bool> was_asked(const agent::model::ContainerName& name) {
    using namespace agent;
    systemd::SystemdBus manager({.timeout = std::chrono::seconds(2)});
    TRY_ASSIGN(const auto states, manager.states({model::container_service(name)}));
    return states.front().job == "stop" || states.front().job == "restart";
}

agent::model::Result<> mark_if_asked(const char* argument) {
    using namespace agent;
    TRY_ASSIGN(const auto name, model::ContainerName::parse(argument));
    TRY_ASSIGN(const bool asked, was_asked(name));
    if (!asked) return {};
    const std::filesystem::path mark = stop_helper::asked_mark(name.value());
    std::error_code error;
    std::filesystem::create_directories(mark.parent_path(), error);
    if (!std::ofstream(mark))
        return model::fail(model::ErrorCode::internal, "cannot write " + mark.string());
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: repair-container NAME\n", stderr);
        return 2;
    }
    const auto did = repair_container(argv[1]);
    // Last, because it may be asked for meanwhile.
    if (const auto marked = mark_if_asked(argv[1]); !marked)
        std::fprintf(stderr, "container %s: %s\n", argv[1], marked.error().text().c_str());
    if (!did) {
        std::fprintf(stderr, "container %s: %s\n", argv[1], did.error().text().c_str());
        return 1;
    }
    for (const auto& step : *did)
        std::fprintf(stderr, "container %s: %s\n", argv[1], step.c_str());
    return 0;
}
