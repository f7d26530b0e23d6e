// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/container_parser.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "agent/model/field_reader.hpp"
#include "agent/model/text.hpp"

namespace agent::model {
namespace {

/// podman is told to stop that much before systemd gives up.
constexpr Span kStopMargin = std::chrono::seconds(2);
constexpr std::uint64_t kLargestCount = std::numeric_limits<std::uint32_t>::max();

Verdict check_container_name(std::string_view text) {
    const auto name = ContainerName::parse(text);
    if (name) return std::nullopt;
    return Complaint{name.error().message(), {}};
}

void read_identity(TomlTable& table, ContainerKind kind, Container& container) {
    container.name = require_id<ContainerName>(table, "name", "it becomes the name of the service");
    container.image = require_string(table, "image", check_image_reference,
                                     "write the name of the container's image");
    container.image_id = read_image_id(table);
    if (kind == ContainerKind::init_container) return;
    for (const auto& name : read_distinct_strings(table, "requires", check_container_name))
        container.requires_containers.push_back(*ContainerName::parse(name));
}

SdNotify read_sdnotify(TomlTable& table) {
    const auto text = table.string("sdnotify");
    if (!text || *text == "container") return SdNotify::container;
    if (*text == "conmon") return SdNotify::conmon;
    table.problem(
        "sdnotify", in_quotes(*text) + " is neither \"container\" nor \"conmon\"",
        *text == "ignore" ? "the service waits for READY=1, which nobody would send" : "");
    return SdNotify::container;
}

void read_lifecycle(TomlTable& table, ContainerKind kind, Container& container) {
    container.start_timeout = read_span(table, "start-timeout", kPositiveSpan);
    container.stop_timeout = read_span(table, "stop-timeout", {});
    if (container.stop_timeout && *container.stop_timeout <= kStopMargin)
        table.problem("stop-timeout", "must be longer than 2s",
                      "podman is told to stop 2s earlier than systemd gives up");
    if (auto restart = read_string(table, "restart", check_restart); !restart.empty())
        container.restart = std::move(restart);
    container.restart_sec = read_span(table, "restart-sec", {}).value_or(container.restart_sec);
    if (const auto burst = read_count(table, "start-limit-burst", 0, kLargestCount))
        container.start_limit_burst = static_cast<unsigned>(*burst);
    container.start_limit_interval =
        read_span(table, "start-limit-interval", {Span::zero(), false});
    container.sdnotify = read_sdnotify(table);
    container.stop_signal = read_string(table, "stop-signal", check_signal);
    if (kind == ContainerKind::init_container)
        container.max_wait = read_span(table, "max-wait", kPositiveSpan);
}

void read_process(TomlTable& table, Container& container) {
    container.user = read_string(table, "user", check_user);
    container.groups = read_distinct_strings(table, "groups", check_group);
    container.command = read_strings(table, "command", check_argument);
    container.entrypoint = read_strings(table, "entrypoint", check_argument);
    if (!container.entrypoint.empty() && container.entrypoint.front().empty())
        table.problem("entrypoint[0]", "must not be empty", "name the program to run");
    container.workdir = read_string(table, "workdir", check_working_directory);
    container.read_only = read_flag(table, "read-only");
    container.init = read_flag(table, "init");
    container.tty = read_flag(table, "tty");
    container.realtime = read_flag(table, "realtime");
    container.env = table.string_map("env");
    for (const auto& [name, value] : container.env) {
        const auto key = "env." + name;
        if (const auto complaint = check_env_name(name))
            table.problem(key, complaint->message, complaint->hint);
        else if (const auto bad_value = check_argument(value))
            table.problem(key, bad_value->message, bad_value->hint);
    }
}

/// podman refuses a capability that is both added and dropped.
void read_capabilities(TomlTable& table, Container& container) {
    container.cap_add = read_strings(table, "cap-add", check_capability);
    container.cap_drop = read_strings(table, "cap-drop", check_capability);
    std::set<std::string> seen;
    const auto refuse_again = [&](std::string_view key, const std::vector<std::string>& written) {
        for (const auto& capability : written) {
            if (full_capability_name(capability) != "ALL" &&
                !seen.insert(full_capability_name(capability)).second)
                table.problem(key, in_quotes(capability) + " comes twice in cap-add and cap-drop",
                              "write it once, in one of them");
        }
    };
    refuse_again("cap-add", container.cap_add);
    refuse_again("cap-drop", container.cap_drop);
}

void read_privileges(TomlTable& table, Container& container) {
    read_capabilities(table, container);
    container.uid_map = read_strings(table, "uid-map", check_id_map);
    container.gid_map = read_strings(table, "gid-map", check_id_map);
    container.devices = read_distinct_strings(table, "devices", check_device);
}

void read_network(TomlTable& table, Container& container) {
    if (auto network = read_string(table, "network", check_network); !network.empty())
        container.network = std::move(network);
    container.ports = read_distinct_strings(table, "ports", check_port);
    container.add_hosts = read_distinct_strings(table, "add-hosts", check_add_host);
    container.dns = read_distinct_strings(table, "dns", check_dns);
    const bool off_network = container.network == "none";
    if (!container.ports.empty() && (container.network == "host" || off_network))
        table.problem("ports", "cannot be published from the network \"" + container.network + "\"",
                      "set network = \"bridge\" or name a podman network");
    if (!container.dns.empty() && off_network)
        table.problem("dns", "has no use on the network \"none\"", "leave it out");
    const bool has_none =
        std::find(container.dns.begin(), container.dns.end(), "none") != container.dns.end();
    if (has_none && container.dns.size() > 1)
        table.problem(key_of_element(table, "dns", "none"), "\"none\" must stand alone",
                      "leave out the addresses");
}

void read_limits(TomlTable& table, Container& container) {
    container.memory_max = read_size(table, "memory-max", 1);
    container.pids_limit = read_count(table, "pids-limit", 1, kLargestCount);
    container.shm_size = read_size(table, "shm-size", 0);
    if (container.shm_size && container.realtime)
        table.problem("shm-size", "has no effect with realtime, which shares /dev/shm of the host",
                      "leave one of them out");
    // CPUQuota= takes whole per cents.
    constexpr double kLeastCpus = 0.01;
    container.cpus = table.number("cpus");
    if (container.cpus && !(std::isfinite(*container.cpus) && *container.cpus >= kLeastCpus)) {
        table.problem("cpus", "must be a number of processors", "write 0.01 or more, such as 1.5");
        container.cpus.reset();
    }
}

Mount read_mount(TomlTable& table) {
    Mount mount;
    mount.volume = require_string(table, "volume", check_plain_name, "name a volume");
    mount.target =
        require_string(table, "target", check_mount_path, "write where it is in the container");
    mount.read_only = read_flag(table, "read-only");
    mount.propagation = read_string(table, "propagation", check_propagation);
    table.finish();
    return mount;
}

/// What is mounted into the container; one place takes one thing.
void read_mounts(TomlTable& table, Container& container) {
    std::set<std::string> targets;
    const auto refuse_again = [&targets](TomlTable& where, std::string_view key,
                                         const std::string& target) {
        if (!target.empty() && !targets.insert(target).second)
            where.problem(key, in_quotes(target) + " is mounted twice", "choose another place");
    };
    for (auto& mount_table : table.tables("mounts")) {
        container.mounts.push_back(read_mount(mount_table));
        refuse_again(mount_table, "target", container.mounts.back().target);
    }
    container.tmpfs = read_strings(table, "tmpfs", check_tmpfs);
    for (const auto& tmpfs : container.tmpfs)
        refuse_again(table, "tmpfs", tmpfs.substr(0, tmpfs.find(':')));
}

void read_secrets(TomlTable& table, Container& container) {
    std::set<std::string> targets;
    for (auto& secret_table : table.tables("secrets")) {
        Secret secret;
        secret.name = require_string(secret_table, "name", check_secret_name,
                                     "name a secret of podman's store");
        secret.target = read_string(secret_table, "target", check_secret_target);
        if (secret.target.empty()) secret.target = secret.name;
        if (!secret.name.empty() && !targets.insert(secret.target).second)
            secret_table.problem("target", in_quotes(secret.target) + " is taken by another secret",
                                 "choose another target");
        secret_table.finish();
        container.secrets.push_back(std::move(secret));
    }
}

std::vector<std::string> read_health_command(TomlTable& table) {
    if (!table.has("cmd")) {
        table.problem("cmd", "is missing", "write a shell line, or an array of arguments");
        return {};
    }
    if (!table.is_array("cmd")) {
        auto line = read_string(table, "cmd", check_line);
        if (line.empty()) return {};
        return {"CMD-SHELL", std::move(line)};
    }
    auto arguments = read_strings(table, "cmd", check_argument);
    if (arguments.empty() || arguments.front().empty()) {
        table.problem("cmd", "names no program", "write it as [\"/usr/bin/check\", \"-q\"]");
        return {};
    }
    if (arguments.front() == "CMD" || arguments.front() == "CMD-SHELL") {
        table.problem("cmd", in_quotes(arguments.front()) + " is not a program",
                      "leave it out: an array is run as it is, a string by a shell");
        return {};
    }
    arguments.insert(arguments.begin(), "CMD");
    return arguments;
}

void read_health(TomlTable& table, Container& container) {
    auto health_table = table.table("health");
    if (!health_table) return;
    HealthCheck health;
    health.cmd = read_health_command(*health_table);
    health.interval = read_span(*health_table, "interval", kPositiveSpan);
    // podman refuses less than a second.
    health.timeout = read_span(*health_table, "timeout", {std::chrono::seconds(1), true});
    if (const auto retries = read_count(*health_table, "retries", 1, kLargestCount))
        health.retries = static_cast<unsigned>(*retries);
    health.start_period = read_span(*health_table, "start-period", {});
    health_table->finish();
    container.health = std::move(health);
}

void read_host_units(TomlTable& table, Container& container) {
    auto unit = table.table("unit");
    if (!unit) return;
    container.unit.requires_units = read_distinct_strings(*unit, "requires", check_host_unit);
    container.unit.wants = read_distinct_strings(*unit, "wants", check_host_unit);
    container.unit.binds_to = read_distinct_strings(*unit, "binds-to", check_host_unit);
    container.unit.after = read_distinct_strings(*unit, "after", check_host_unit);
    container.unit.requisite = read_distinct_strings(*unit, "requisite", check_host_unit);
    unit->finish();
}

}  // namespace

Container parse_container(TomlTable& table, ContainerKind kind) {
    Container container;
    read_identity(table, kind, container);
    read_lifecycle(table, kind, container);
    read_process(table, container);
    read_privileges(table, container);
    read_network(table, container);
    read_limits(table, container);
    read_mounts(table, container);
    read_secrets(table, container);
    read_health(table, container);
    read_host_units(table, container);
    table.finish();
    return container;
}

}  // namespace agent::model
