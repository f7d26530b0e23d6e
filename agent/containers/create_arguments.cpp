// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/containers/create_arguments.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "agent/containers/csv_field.hpp"

namespace agent::containers {
namespace {

using model::Span;
using Json = nlohmann::json;

/// How much earlier than systemd podman gives up waiting for the container's end: a conmon that
/// systemd kills leaves podman with a wrong state for ever.
constexpr Span kStopMargin = std::chrono::seconds(2);

class Options {
  public:
    void flag(std::string_view name) { list_.push_back("--" + std::string(name)); }

    void value(std::string_view name, std::string_view text) {
        list_.push_back("--" + std::string(name) + "=" + std::string(text));
    }

    void value(std::string_view name, std::string_view key, std::string_view text) {
        value(name, std::string(key).append("=").append(text));
    }

    void value_unless_empty(std::string_view name, std::string_view text) {
        if (!text.empty()) value(name, text);
    }

    void flag_if(std::string_view name, bool wanted) {
        if (wanted) flag(name);
    }

    void span(std::string_view name, const std::optional<Span>& span) {
        if (span) value(name, model::to_string(*span));
    }

    void each(std::string_view name, const std::vector<std::string>& texts) {
        for (const auto& text : texts)
            value(name, text);
    }

    /// For an option that podman reads as a line of comma-separated values (RFC 4180).
    void each_csv(std::string_view name, const std::vector<std::string>& texts) {
        for (const auto& text : texts)
            value(name, csv_field(text));
    }

    [[nodiscard]] std::vector<std::string> take() { return std::move(list_); }

  private:
    std::vector<std::string> list_;
};

std::string json_list(const std::vector<std::string>& words) {
    return Json(words).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Whole seconds, as podman wants them; at least one second before systemd's own limit.
std::string podman_stop_timeout(Span stop_timeout) {
    const auto limit = std::chrono::seconds(std::numeric_limits<std::uint32_t>::max());
    if (stop_timeout >= limit) return std::to_string(limit.count());
    const auto rest = std::chrono::ceil<std::chrono::seconds>(stop_timeout - kStopMargin);
    return std::to_string(std::max(rest, std::chrono::seconds(0)).count());
}

/// A group of a bundle by its number: the image does not know its name.
std::vector<std::string> groups_of(const model::Container& container, const Placement& placement) {
    auto groups = container.groups;
    for (auto& group : groups)
        if (const auto known = placement.gids.find(group); known != placement.gids.end())
            group = std::to_string(known->second);
    return groups;
}

/// HOST-DIRECTORY:CONTAINER-DIRECTORY[:OPTIONS].
std::string volume(const PlacedMount& mount) {
    std::string text = mount.host_path + ":" + mount.target;
    std::string separator = ":";
    if (mount.read_only) text += std::exchange(separator, ",") + "ro";
    if (!mount.propagation.empty()) text += separator + mount.propagation;
    return text;
}

void add_process(Options& options, const model::Container& container, const Placement& placement) {
    options.value_unless_empty("user", container.user);
    options.each_csv("group-add", groups_of(container, placement));
    for (const auto& [name, value] : container.env)
        options.value("env", name, value);
    options.value_unless_empty("workdir", container.workdir);
    options.value_unless_empty("stop-signal", container.stop_signal);
    options.flag_if("init", container.init);
    options.flag_if("tty", container.tty);
    if (!container.entrypoint.empty()) options.value("entrypoint", json_list(container.entrypoint));
}

void add_isolation(Options& options, const model::Container& container,
                   const Placement& placement) {
    options.each_csv("cap-add", container.cap_add);
    options.each_csv("cap-drop", container.cap_drop);
    options.each_csv("uidmap", container.uid_map);
    options.each_csv("gidmap", container.gid_map);
    options.flag_if("read-only", container.read_only);
    options.each("tmpfs", container.tmpfs);
    for (const auto& mount : placement.mounts)
        options.value("volume", volume(mount));
    // As the description has them, whatever they lead to: see device_arguments.hpp.
    options.each_csv("device", container.devices);
    if (container.shm_size) options.value("shm-size", std::to_string(*container.shm_size) + "b");
    if (!container.realtime) return;
    options.value("ipc", "host");
    options.value("pid", "host");
    options.value("ulimit", "msgqueue=-1:-1");
    options.value("ulimit", "nofile=768:768");
    options.value("ulimit", "stack=524288:524288");
}

/// podman's own default for the target is the same in all versions only where it is written out.
void add_secrets(Options& options, const std::vector<model::Secret>& secrets) {
    for (const auto& secret : secrets)
        options.value("secret", secret.name + ",type=mount,target=" + secret.target);
}

void add_network(Options& options, const model::Container& container) {
    options.value("network", container.network);
    options.each_csv("publish", container.ports);
    options.each_csv("add-host", container.add_hosts);
    options.each_csv("dns", container.dns);
}

void add_service(Options& options, const model::Container& container) {
    options.value("cgroups", "split");
    // The unit's TasksMax= is the one limit; podman's default would cut it to 2048.
    options.value("pids-limit", "-1");
    options.value("log-driver", "journald");
    options.value("sdnotify",
                  container.sdnotify == model::SdNotify::conmon ? "conmon" : "container");
    if (container.stop_timeout)
        options.value("stop-timeout", podman_stop_timeout(*container.stop_timeout));
}

/// In processors, to the two decimals that a unit has as well.
std::string cpus(double count) {
    const auto hundredths = std::llround(count * 100);
    const auto rest = std::to_string(hundredths % 100);
    return std::to_string(hundredths / 100) + "." + (rest.size() < 2 ? "0" : "") + rest;
}

void add_run(Options& options, const model::Container& container) {
    const auto& tasks = container.pids_limit;
    options.value("pids-limit", tasks ? std::to_string(*tasks) : std::string("-1"));
    if (container.memory_max) options.value("memory", std::to_string(*container.memory_max) + "b");
    if (container.cpus) options.value("cpus", cpus(*container.cpus));
    options.value("log-driver", "journald");
    options.value("sdnotify", "ignore");
}

/// Podman takes a list of one word, and any text that is no JSON list, for a shell line, and splits
/// a list that begins with CMD at its spaces.
std::string health_command(std::vector<std::string> command) {
    if (command.size() > 1 && command.front() == "CMD") command.erase(command.begin());
    if (command.size() == 1) command.insert(command.begin(), "CMD-SHELL");
    return json_list(command);
}

void add_health(Options& options, const std::optional<model::HealthCheck>& health) {
    if (!health) return options.flag("no-healthcheck");
    options.value("health-cmd", health_command(health->cmd));
    options.span("health-interval", health->interval);
    options.span("health-timeout", health->timeout);
    options.span("health-start-period", health->start_period);
    if (health->retries) options.value("health-retries", std::to_string(*health->retries));
}

void add_origin(Options& options, const model::Container& container) {
    options.value("hostname", container.name.value());
    // What the arguments say is all that decides: no registry, no environment of the caller.
    options.value("pull", "never");
    options.value("http-proxy", "false");
}

void add_surroundings(Options& options, const model::Container& container,
                      const Placement& placement) {
    add_process(options, container, placement);
    add_isolation(options, container, placement);
    add_secrets(options, container.secrets);
    add_network(options, container);
}

}  // namespace

std::vector<std::string> container_options(const model::Container& container,
                                           const Placement& placement) {
    Options options;
    add_origin(options, container);
    add_service(options, container);
    add_surroundings(options, container, placement);
    add_health(options, container.health);
    return options.take();
}

std::vector<std::string> init_container_options(const model::Container& container,
                                                const Placement& placement) {
    Options options;
    add_origin(options, container);
    add_run(options, container);
    add_surroundings(options, container, placement);
    add_health(options, std::nullopt);
    return options.take();
}

}  // namespace agent::containers
