// SPDX-License-Identifier: GPL-3.0-or-later
// repair-container NAME: what container-stopped becomes after a container's service ended badly.

#include <cstdio>

#include "agent/podman/podman_cli.hpp"
#include "agent/stop_helper/repair.hpp"

namespace {

constexpr const char* kUnits = "/opt/operation/systemd-units";

agent::model::Result<std::vector<std::string>> repair_container(const char* argument) {
    using namespace agent;
    TRY_ASSIGN(const auto name, model::ContainerName::parse(argument));
    TRY_ASSIGN(const auto spec, stop_helper::stored_spec(kUnits, name));
    podman::PodmanOptions options;
    options.deadline = std::chrono::steady_clock::now() + stop_helper::repair_time(spec);
    podman::PodmanCli podman(options);
    return stop_helper::repair(name, spec, podman);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: repair-container NAME\n", stderr);
        return 2;
    }
    const auto did = repair_container(argv[1]);
    if (!did) {
        std::fprintf(stderr, "container %s: %s\n", argv[1], did.error().text().c_str());
        return 1;
    }
    for (const auto& step : *did)
        std::fprintf(stderr, "container %s: %s\n", argv[1], step.c_str());
    return 0;
}
