// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/running.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace agent::afm {

namespace {

using model::Description;
using model::Result;

constexpr const char* kSystemd = "org.freedesktop.systemd1";
constexpr const char* kUnit = "org.freedesktop.systemd1.Unit";
constexpr const char* kService = "org.freedesktop.systemd1.Service";

model::Error told(const bus::BusError& error, const char* what, int result) {
    if (*error.message() == '\0') return model::errno_error(-result, what);
    return {model::ErrorCode::internal, std::string(what) + ": " + error.message()};
}

Result<std::string> object_of(const std::string& service) {
    char* path = nullptr;
    const int result = sd_bus_path_encode("/org/freedesktop/systemd1/unit", service.c_str(), &path);
    if (result < 0) return model::fail(model::errno_error(-result, service));
    std::string text(path);
    std::free(path);
    return text;
}

Result<std::string> text_of(sd_bus* bus, const std::string& object, const char* interface,
                            const char* property) {
    bus::BusError error;
    char* value = nullptr;
    const int result = sd_bus_get_property_string(bus, kSystemd, object.c_str(), interface,
                                                  property, error.get(), &value);
    if (result < 0) return model::fail(told(error, property, result));
    std::string text(value);
    std::free(value);
    return text;
}

Result<std::uint32_t> main_pid_of(sd_bus* bus, const std::string& object) {
    bus::BusError error;
    std::uint32_t pid = 0;
    const int result = sd_bus_get_property_trivial(bus, kSystemd, object.c_str(), kService,
                                                   "MainPID", error.get(), 'u', &pid);
    if (result < 0) return model::fail(told(error, "MainPID", result));
    return pid;
}

void read_processes(const std::filesystem::path& file, std::vector<std::uint32_t>& pids) {
    std::ifstream stream(file);
    for (std::uint32_t pid = 0; stream >> pid;)
        pids.push_back(pid);
}

}  // namespace

std::vector<std::uint32_t> processes_below(const std::filesystem::path& group) {
    std::vector<std::uint32_t> pids;
    read_processes(group / "cgroup.procs", pids);
    // Groups come and go meanwhile.
    std::error_code error;
    std::filesystem::recursive_directory_iterator each(group, error);
    for (const std::filesystem::recursive_directory_iterator end; !error && each != end;
         each.increment(error))
        if (std::error_code gone; each->is_directory(gone))
            read_processes(each->path() / "cgroup.procs", pids);
    std::sort(pids.begin(), pids.end());
    return pids;
}

Result<ServiceView> Running::view(const std::string& service) const {
    ServiceView view;
    TRY_ASSIGN(const auto object, object_of(service));
    TRY_ASSIGN(view.active, text_of(bus_, object, kUnit, "ActiveState"));
    if (view.active == "inactive" || view.active == "failed") return view;
    TRY_ASSIGN(const auto freezer, text_of(bus_, object, kUnit, "FreezerState"));
    view.frozen = view.active == "active" &&
                  (freezer.starts_with("frozen") || freezer.starts_with("freezing"));
    TRY_ASSIGN(view.main_pid, main_pid_of(bus_, object));
    TRY_ASSIGN(const auto group, text_of(bus_, object, kService, "ControlGroup"));
    // The empty one would be that of the whole machine.
    if (!group.empty() && group != "/") view.pids = processes_below(cgroups_ / group.substr(1));
    return view;
}

Result<std::optional<Runner>> Running::look(const Description& description) const {
    std::vector<ServiceView> views;
    for (const auto& service : services_of(description)) {
        TRY_ASSIGN(auto seen, view(service));
        views.push_back(std::move(seen));
    }
    return runner_of(description, views);
}

Result<std::vector<Runner>> Running::look(const model::InstalledSet& set) const {
    std::vector<Runner> runners;
    for (const auto& [id, bundle] : set.bundles) {
        TRY_ASSIGN(auto runner, look(bundle.description));
        if (runner) runners.push_back(std::move(*runner));
    }
    return runners;
}

Result<Runner> Running::find(const model::InstalledSet& set, std::uint32_t runid) const {
    TRY_ASSIGN(const auto runners, look(set));
    for (const auto& runner : runners)
        if (runner.runid == runid) return runner;
    return model::fail(model::ErrorCode::not_found,
                       "nothing runs with the runid " + std::to_string(runid));
}

}  // namespace agent::afm
