// SPDX-License-Identifier: GPL-3.0-or-later
// repair-container NAME: what container-stopped becomes after a container's service ended badly.

#include <cstdio>

#include "agent/stop_helper/repair.hpp"

int main(int argc, char** argv) {
    using namespace agent;
    if (argc != 2) {
        std::fputs("usage: repair-container NAME\n", stderr);
        return 2;
    }
    const auto name = model::ContainerName::parse(argv[1]);
    const auto did = name ? stop_helper::repair(*name) : model::fail(name.error());
    if (!did) {
        std::fprintf(stderr, "container %s: %s\n", argv[1], did.error().text().c_str());
        return 1;
    }
    for (const auto& step : *did)
        std::fprintf(stderr, "container %s: %s\n", argv[1], step.c_str());
    return 0;
}
