// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/stop_helper/repair.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>

#include "agent/containers/device_arguments.hpp"

namespace agent::stop_helper {

namespace {

using containers::CreateSpec;
using host::ContainerInfo;
using host::StuckContainers;
using model::ContainerName;
using model::Result;
using std::chrono::milliseconds;

/// podman's first forced removal after conmon's death fails on 5.4, the second does not.
constexpr int kTries = 5;
constexpr milliseconds kDefaultTime = std::chrono::seconds(75);
/// The unit has two seconds more than podman's stop timeout; one of them is left to systemd.
constexpr milliseconds kBeyondPodman = std::chrono::seconds(1);

/// Whether podman takes it for one that has no process, and would start it. One that is
/// initialized has them, waiting for a start that was broken off.
bool can_start(const ContainerInfo& container) {
    constexpr std::array<std::string_view, 4> kStates{"configured", "created", "exited", "stopped"};
    return std::find(kStates.begin(), kStates.end(), container.state) != kStates.end();
}

bool is_of(const ContainerInfo& container, const ContainerName& name) {
    const auto label = container.labels.find(std::string(containers::kContainerLabel));
    return label != container.labels.end() && label->second == name.value();
}

Result<> remove(StuckContainers& engine, const std::string& podman_name, milliseconds pause) {
    auto removed = engine.remove_by_force(podman_name);
    for (int i = 1; i < kTries && !removed; ++i) {
        std::this_thread::sleep_for(pause);
        removed = engine.remove_by_force(podman_name);
    }
    return removed;
}

Result<> create(const CreateSpec& spec, StuckContainers& engine, host::Devices& devices) {
    TRY_ASSIGN(const auto here,
               containers::arguments_here(spec.arguments, [&devices](const std::string& path) {
                   return devices.resolve(path);
               }));
    TRY(engine.create(here.arguments));
    if (!here.devices.empty()) devices.remember(spec.container.podman_name, here.devices);
    return {};
}

}  // namespace

Result<std::optional<CreateSpec>> stored_spec(const std::filesystem::path& units,
                                              const ContainerName& name) {
    // The kernel resolves it: the parent of what the link leads to, not of the link.
    const auto file = units / ".." / "containers" / name.value();
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return std::nullopt;
    std::ifstream stream(file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    TRY_ASSIGN(CreateSpec spec, containers::parse_create_spec(text));
    return spec;
}

milliseconds repair_time(const std::optional<CreateSpec>& spec) {
    constexpr std::string_view kOption = "--stop-timeout=";
    if (!spec) return kDefaultTime;
    for (const auto& argument : spec->arguments) {
        if (!argument.starts_with(kOption)) continue;
        const auto* const end = argument.data() + argument.size();
        std::uint32_t seconds = 0;
        if (std::from_chars(argument.data() + kOption.size(), end, seconds).ptr == end)
            return std::min(kDefaultTime, std::chrono::seconds(seconds) + kBeyondPodman);
    }
    return kDefaultTime;
}

Result<std::vector<std::string>> repair(const ContainerName& name,
                                        const std::optional<CreateSpec>& spec,
                                        StuckContainers& engine, host::Devices& devices,
                                        milliseconds pause) {
    // The list says what came of it: podman 5.4 ends a stuck one and fails all the same.
    static_cast<void>(engine.kill_containers(name.value()));
    TRY_ASSIGN(const auto containers, engine.containers());
    std::vector<std::string> did;
    bool is_missing = spec.has_value();
    for (const auto& container : containers) {
        if (!is_of(container, name)) continue;
        if (can_start(container)) {
            is_missing = is_missing && container.name != spec->container.podman_name;
            continue;
        }
        TRY(remove(engine, container.name, pause));
        did.push_back("removed " + container.name + ", which podman took for " + container.state);
    }
    if (!is_missing) return did;
    TRY(create(*spec, engine, devices));
    did.push_back("created " + spec->container.podman_name);
    return did;
}

}  // namespace agent::stop_helper
