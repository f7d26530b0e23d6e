// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/front.hpp"

#include <charconv>
#include <cstdlib>

#include "agent/bus/names.hpp"
#include "agent/bus/text.hpp"
#include "agent/service/queue.hpp"

namespace agent::service {

namespace {

using model::Result;

/// Paths of all jobs, for introspection.
int list_nodes(sd_bus* /*bus*/, const char* /*prefix*/, void* data, char*** nodes,
               sd_bus_error* /*error*/) {
    const auto& jobs = static_cast<Runner*>(data)->jobs();
    auto** list = static_cast<char**>(std::calloc(jobs.size() + 1, sizeof(char*)));
    if (list == nullptr) return -ENOMEM;
    std::size_t count = 0;
    for (const auto& [number, job] : jobs)
        if (auto* path = ::strdup(job_path(number).c_str()); path != nullptr) list[count++] = path;
    *nodes = list;
    return 0;
}

}  // namespace

std::string job_path(unsigned number) {
    return std::string(bus::kJobPath) + "/" + std::to_string(number);
}

unsigned job_number(std::string_view path) {
    const std::string prefix = std::string(bus::kJobPath) + "/";
    if (path.substr(0, prefix.size()) != prefix) return 0;
    path.remove_prefix(prefix.size());
    unsigned number = 0;
    const auto* end = path.data() + path.size();
    const auto parsed = std::from_chars(path.data(), end, number);
    // No number has two spellings.
    const bool good = parsed.ec == std::errc() && parsed.ptr == end && path.front() != '0';
    return good ? number : 0;
}

int reply_error(sd_bus_message* call, const model::Error& error) {
    // What is no UTF-8 would cost the service its connection.
    return sd_bus_reply_method_errorf(call, bus::error_name(error.code()).c_str(), "%s",
                                      bus::sendable(error.text()).c_str());
}

Result<> Front::serve(Runner& runner) {
    runner_ = &runner;
    sd_bus_slot* slots[3] = {};
    int result = sd_bus_add_object_vtable(bus_, &slots[0], bus::kManagerPath,
                                          bus::kManagerInterface, manager_vtable(), this);
    if (result >= 0)
        result = sd_bus_add_fallback_vtable(bus_, &slots[1], bus::kJobPath, bus::kJobInterface,
                                            job_vtable(), find_job, this);
    if (result >= 0)
        result = sd_bus_add_node_enumerator(bus_, &slots[2], bus::kJobPath, list_nodes, runner_);
    manager_.reset(slots[0]);
    jobs_.reset(slots[1]);
    job_nodes_.reset(slots[2]);
    if (result < 0)
        return model::fail(model::errno_error(-result, "putting the objects on the bus"));
    return {};
}

bool Front::is_working() const {
    return is_asking() || service::is_working(runner_->jobs());
}

void Front::take_state(const std::string& text) {
    if (!state_.take(text)) return;
    sd_bus_emit_properties_changed(bus_, bus::kManagerPath, bus::kManagerInterface, "State",
                                   "PreviousState", nullptr);
}

void Front::added(unsigned number) {
    sd_bus_emit_signal(bus_, bus::kManagerPath, bus::kManagerInterface, "JobAdded", "os",
                       job_path(number).c_str(),
                       runner_->jobs().at(number).request.operation.c_str());
}

void Front::changed(unsigned number, const Changes& changes) {
    std::vector<char*> names;
    names.reserve(changes.size() + 1);
    for (const auto* name : changes)
        names.push_back(const_cast<char*>(name));
    names.push_back(nullptr);
    sd_bus_emit_properties_changed_strv(bus_, job_path(number).c_str(), bus::kJobInterface,
                                        names.data());
}

void Front::told(unsigned number, std::string_view record) {
    sd_bus_emit_signal(bus_, job_path(number).c_str(), bus::kJobInterface, "Progress", "s",
                       bus::sendable(record).c_str());
}

void Front::ended(unsigned number) {
    const auto& job = runner_->jobs().at(number);
    sd_bus_emit_signal(bus_, job_path(number).c_str(), bus::kJobInterface, "Ended", "iss",
                       job.exit_code, bus::sendable(job.document).c_str(),
                       bus::sendable(job.text).c_str());
}

void Front::removed(unsigned number) {
    const auto& job = runner_->jobs().at(number);
    sd_bus_emit_signal(bus_, bus::kManagerPath, bus::kManagerInterface, "JobRemoved", "osi",
                       job_path(number).c_str(), job.request.operation.c_str(), job.exit_code);
}

}  // namespace agent::service
