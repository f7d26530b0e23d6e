// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/running.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace agent::afm {

namespace {

using model::Description;
using model::Result;

constexpr const char* kSystemd = "org.freedesktop.systemd1";

struct Property {
    const char* interface;
    const char* name;
};
enum Which : std::size_t { kActive, kFreezer, kMainPid, kGroup };
constexpr std::array kProperties{Property{"org.freedesktop.systemd1.Unit", "ActiveState"},
                                 Property{"org.freedesktop.systemd1.Unit", "FreezerState"},
                                 Property{"org.freedesktop.systemd1.Service", "MainPID"},
                                 Property{"org.freedesktop.systemd1.Service", "ControlGroup"}};

model::Error told(const sd_bus_error& error, const char* property) {
    const char* text = error.message == nullptr ? error.name : error.message;
    return {model::ErrorCode::internal, std::string(property) + " of systemd: " + text};
}

std::string object_of(const std::string& service) {
    char* path = nullptr;
    if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", service.c_str(), &path) < 0) return {};
    std::string text(path);
    std::free(path);
    return text;
}

void read_processes(const std::filesystem::path& file, std::vector<std::uint32_t>& pids) {
    std::ifstream stream(file);
    for (std::uint32_t pid = 0; stream >> pid;)
        pids.push_back(pid);
}

int take(sd_bus_message* reply, std::size_t property, ServiceView& view, std::string& group) {
    if (property == kMainPid) return sd_bus_message_read(reply, "v", "u", &view.main_pid);
    const char* text = nullptr;
    const int result = sd_bus_message_read(reply, "v", "s", &text);
    if (result < 0) return result;
    const std::string_view value = text;
    if (property == kActive) view.active = value;
    if (property == kFreezer)
        view.frozen = view.active == "active" &&
                      (value.starts_with("frozen") || value.starts_with("freezing"));
    if (property == kGroup) group = value;
    return result;
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

void Running::look(std::vector<Description> applications, Then then) {
    looks_.push_back({.owner = this,
                      .applications = std::move(applications),
                      .services = {},
                      .then = std::move(then),
                      .call = nullptr});
    auto& look = looks_.back();
    for (std::size_t i = 0; i < look.applications.size(); ++i)
        for (const auto& service : services_of(look.applications[i]))
            look.services.push_back(
                {.application = i, .object = object_of(service), .view = {}, .group = {}});
    ask(look);
}

void Running::ask(Look& look) {
    if (look.service == look.services.size()) return finish(look, runners(look));
    const auto& property = kProperties[look.property];
    sd_bus_slot* slot = nullptr;
    const int result =
        sd_bus_call_method_async(bus_, &slot, kSystemd, look.services[look.service].object.c_str(),
                                 "org.freedesktop.DBus.Properties", "Get", on_answer, &look, "ss",
                                 property.interface, property.name);
    look.call.reset(slot);
    if (result < 0) finish(look, model::fail(model::errno_error(-result, property.name)));
}

int Running::on_answer(sd_bus_message* reply, void* userdata, sd_bus_error* /*error*/) {
    auto& look = *static_cast<Look*>(userdata);
    auto& owner = *look.owner;
    const auto* const name = kProperties[look.property].name;
    auto& service = look.services[look.service];
    if (const auto* error = sd_bus_message_get_error(reply); error != nullptr) {
        owner.finish(look, model::fail(told(*error, name)));
        return 0;
    }
    if (const int result = take(reply, look.property, service.view, service.group); result < 0) {
        owner.finish(look, model::fail(model::errno_error(-result, name)));
        return 0;
    }
    const bool down = service.view.active == "inactive" || service.view.active == "failed";
    if (down || ++look.property == kProperties.size()) {
        look.property = 0;
        ++look.service;
    }
    owner.ask(look);
    return 0;
}

std::vector<Runner> Running::runners(Look& look) const {
    std::vector<std::vector<ServiceView>> views(look.applications.size());
    for (auto& service : look.services) {
        // The empty one would be that of the whole machine.
        if (!service.group.empty() && service.group != "/")
            service.view.pids = processes_below(cgroups_ / service.group.substr(1));
        views[service.application].push_back(std::move(service.view));
    }
    std::vector<Runner> found;
    for (std::size_t i = 0; i < views.size(); ++i)
        if (auto runner = runner_of(look.applications[i], views[i]))
            found.push_back(std::move(*runner));
    return found;
}

void Running::finish(Look& look, const Result<std::vector<Runner>>& found) {
    const auto then = std::move(look.then);
    looks_.remove_if([&look](const Look& each) { return &each == &look; });
    then(found);
}

}  // namespace agent::afm
