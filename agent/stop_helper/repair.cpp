// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/stop_helper/repair.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <thread>

#include "agent/containers/create_spec.hpp"
#include "agent/podman/podman_cli.hpp"

namespace agent::stop_helper {

namespace {

using containers::CreateSpec;
using host::ContainerInfo;
using model::ContainerName;
using model::Result;
using podman::PodmanCli;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// podman's first forced removal after conmon's death fails on 5.4, the second does not.
constexpr int kTries = 5;
constexpr milliseconds kDefaultTime = std::chrono::seconds(75);
/// units::render gives the unit two seconds more than podman; one of them stays for systemd.
constexpr milliseconds kBeyondPodman = std::chrono::seconds(1);

/// Nothing where the current generation has no such container.
Result<std::optional<CreateSpec>> stored_spec(const std::filesystem::path& units,
                                              const ContainerName& name) {
    // Not lexically: the link leads into the generation, and its parent is the generation's.
    const auto file = units / ".." / "containers" / name.value();
    std::ifstream stream(file, std::ios::binary);
    if (!stream && errno == ENOENT) return std::nullopt;
    if (!stream) return model::fail(model::errno_error(errno, file.string()));
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    TRY_ASSIGN(CreateSpec spec, containers::parse_create_spec(text));
    return spec;
}

/// States in which podman starts a container.
bool can_start(const ContainerInfo& container) {
    constexpr std::array<std::string_view, 5> kStates{"configured", "created", "initialized",
                                                      "exited", "stopped"};
    return std::find(kStates.begin(), kStates.end(), container.state) != kStates.end();
}

class Repair {
  public:
    Repair(const ContainerName& name, const RepairOptions& options, std::optional<CreateSpec> spec)
        : name_(name),
          options_(options),
          spec_(std::move(spec)),
          deadline_(steady_clock::now() + (spec_ ? repair_time(spec_->arguments) : kDefaultTime)) {}

    Result<std::vector<std::string>> run() {
        // It says more in its list than in this call's result: 5.4 ends a wedged one and fails.
        static_cast<void>(podman().kill_containers(name_.value()));
        TRY_ASSIGN(const auto containers, podman().containers());
        bool is_there = !spec_;
        for (const auto& container : containers) {
            if (!is_ours(container)) continue;
            if (can_start(container)) {
                is_there = is_there || container.name == spec_->container.podman_name;
                continue;
            }
            TRY(remove(container.name));
            did_.push_back("removed " + container.name + ", which podman took for " +
                           container.state);
        }
        if (!is_there) TRY(create());
        return std::move(did_);
    }

  private:
    /// podman, bounded by what is left of the time.
    PodmanCli podman() const {
        const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - steady_clock::now());
        return PodmanCli(
            {.program = options_.program, .call_timeout = std::max(left, milliseconds(100))});
    }

    bool is_ours(const ContainerInfo& container) const {
        const auto label = container.labels.find(std::string(containers::kContainerLabel));
        return label != container.labels.end() && label->second == name_.value();
    }

    Result<> remove(const std::string& podman_name) {
        auto removed = podman().remove_by_force(podman_name);
        for (int i = 1; i < kTries && !removed && steady_clock::now() < deadline_; ++i) {
            std::this_thread::sleep_for(options_.pause);
            removed = podman().remove_by_force(podman_name);
        }
        return removed;
    }

    Result<> create() {
        TRY(podman().create(spec_->arguments));
        did_.push_back("created " + spec_->container.podman_name);
        return {};
    }

    const ContainerName& name_;
    const RepairOptions& options_;
    std::optional<CreateSpec> spec_;
    steady_clock::time_point deadline_;
    std::vector<std::string> did_;
};

}  // namespace

milliseconds repair_time(const std::vector<std::string>& arguments) {
    constexpr std::string_view kOption = "--stop-timeout=";
    for (const auto& argument : arguments) {
        if (!argument.starts_with(kOption)) continue;
        const auto* const end = argument.data() + argument.size();
        std::uint32_t seconds = 0;
        if (std::from_chars(argument.data() + kOption.size(), end, seconds).ptr == end)
            return std::min(kDefaultTime, std::chrono::seconds(seconds) + kBeyondPodman);
    }
    return kDefaultTime;
}

Result<std::vector<std::string>> repair(const ContainerName& name, const RepairOptions& options) {
    TRY_ASSIGN(std::optional<CreateSpec> spec, stored_spec(options.units, name));
    return Repair(name, options, std::move(spec)).run();
}

}  // namespace agent::stop_helper
