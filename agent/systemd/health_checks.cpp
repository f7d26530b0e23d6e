// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/health_checks.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "agent/systemd/error_map.hpp"
#include "agent/systemd/property_reader.hpp"

namespace agent::systemd {

namespace {

using model::Result;
using Groups = std::vector<std::string>;

constexpr const char* kGroups = "/sys/fs/cgroup";

/// Of the containers that have their control groups in this one.
std::vector<std::string> container_ids(const std::string& group) {
    constexpr std::string_view kPayload = "libpod-payload-";
    std::vector<std::string> ids;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(kGroups + group, error)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with(kPayload)) ids.push_back(name.substr(kPayload.size()));
    }
    return ids;
}

/// Names of the loaded units of any of the patterns.
Result<std::vector<std::string>> units_like(const Bus& bus,
                                            const std::vector<std::string>& patterns) {
    constexpr const char* kMethod = "ListUnitsByPatterns";
    TRY_ASSIGN(const Message request, bus.manager_call(kMethod));
    int result = append_strings(request.get(), {});
    if (result >= 0) result = append_strings(request.get(), patterns);
    if (result < 0) return model::fail(bus_error(kMethod, {}, {}, -result));
    TRY_ASSIGN(const Message reply, bus.call(request, kMethod));
    std::vector<std::string> names;
    result = sd_bus_message_enter_container(reply.get(), 'a', "(ssssssouso)");
    while (result >= 0 &&
           (result = sd_bus_message_enter_container(reply.get(), 'r', "ssssssouso")) > 0) {
        const char* name = nullptr;
        result = sd_bus_message_read(reply.get(), "s", &name);
        if (result >= 0) {
            names.emplace_back(name);
            result = sd_bus_message_skip(reply.get(), "sssssouso");
        }
        if (result >= 0) result = sd_bus_message_exit_container(reply.get());
    }
    if (result < 0) return model::fail(bus_error(kMethod, {}, {}, -result));
    return names;
}

std::string drop_in_of(const HealthCheck& check) {
    return "/run/systemd/system/" + check.service + ".d/50-update-agent-pause.conf";
}

/// The file is there as a whole or not at all.
Result<> write_drop_in(const HealthCheck& check) {
    namespace fs = std::filesystem;
    const fs::path file = drop_in_of(check);
    const fs::path temporary = file.parent_path() / "update-agent-pause.new";
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error)
        return model::fail(
            model::errno_error(error.value(), "create " + file.parent_path().string()));
    std::ofstream stream(temporary);
    stream << drop_in_text(check.group);
    stream.close();
    if (!stream) return model::fail(model::errno_error(errno, "write " + temporary.string()));
    fs::rename(temporary, file, error);
    if (error) return model::fail(model::errno_error(error.value(), "write " + file.string()));
    return {};
}

/// Those that systemd has loaded without their drop-ins.
Result<std::vector<HealthCheck>> without_drop_in(const Bus& bus,
                                                 const std::vector<HealthCheck>& checks) {
    std::vector<std::vector<std::string>> loaded(checks.size());
    PropertyReader reader(bus);
    for (std::size_t i = 0; i < checks.size(); ++i) {
        TRY_ASSIGN(const auto path, unit_path(checks[i].service));
        reader.ask(path, "org.freedesktop.systemd1.Unit", "DropInPaths", loaded[i]);
    }
    TRY(reader.finish());
    std::vector<HealthCheck> found;
    for (std::size_t i = 0; i < checks.size(); ++i)
        if (std::find(loaded[i].begin(), loaded[i].end(), drop_in_of(checks[i])) == loaded[i].end())
            found.push_back(checks[i]);
    return found;
}

}  // namespace

std::string drop_in_text(const std::string& group) {
    std::string quoted;
    for (const char c : kGroups + group + "/cgroup.events") {
        // systemd.service(5): specifiers, variables and escapes.
        if (c == '%' || c == '$' || c == '\\') quoted += c;
        if (c == '"') quoted += '\\';
        quoted += c;
    }
    return "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecCondition=/usr/bin/grep --quiet "
           "\"^frozen 0\" \"" +
           quoted + "\"\n";
}

Result<std::vector<HealthCheck>> health_checks(const Bus& bus, const Groups& groups) {
    constexpr std::string_view kTimer = ".timer";
    std::vector<HealthCheck> checks;
    for (const auto& group : groups) {
        std::vector<std::string> patterns;
        for (const auto& id : container_ids(group))
            patterns.push_back(id + "*" + std::string(kTimer));
        if (patterns.empty()) continue;
        TRY_ASSIGN(const auto timers, units_like(bus, patterns));
        for (const auto& timer : timers)
            checks.push_back({timer.substr(0, timer.size() - kTimer.size()) + ".service", group});
    }
    return checks;
}

Result<> skip_while_frozen(const Bus& bus, const std::vector<HealthCheck>& checks,
                           std::chrono::milliseconds timeout) {
    TRY_ASSIGN(const auto missing, without_drop_in(bus, checks));
    if (missing.empty()) return {};
    for (const auto& check : missing)
        TRY(write_drop_in(check));
    TRY_ASSIGN(const Message request, bus.manager_call("Reload"));
    TRY(bus.call(request, "daemon-reload", timeout));
    return {};
}

}  // namespace agent::systemd
