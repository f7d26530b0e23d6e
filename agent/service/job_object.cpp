// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bus/text.hpp"
#include "agent/service/actions.hpp"
#include "agent/service/front.hpp"

namespace agent::service {

/// org.updateagent.Job1.
struct JobObject {
    static const Job* job_at(const Front& front, const char* path) {
        const auto& jobs = front.runner_->jobs();
        const auto found = jobs.find(job_number(path));
        return found == jobs.end() ? nullptr : &found->second;
    }

    static int cancel(sd_bus_message* call, void* data, sd_bus_error* error);
    template <auto Append>
    static int get(sd_bus* bus, const char* path, const char* interface, const char* property,
                   sd_bus_message* reply, void* data, sd_bus_error* error);
};

namespace {

using model::Result;

void answer_cancel(Runner& runner, sd_bus_message* call, unsigned number) {
    const auto cancelled = runner.cancel(number);
    if (cancelled)
        sd_bus_reply_method_return(call, nullptr);
    else
        reply_error(call, cancelled.error());
}

int operation(sd_bus_message* reply, const Job& job) {
    return sd_bus_message_append(reply, "s", job.request.operation.c_str());
}
int subjects(sd_bus_message* reply, const Job& job) {
    return bus::append_texts(reply, job.request.subjects);
}
int who(sd_bus_message* reply, const Job& job) {
    return bus::append_text(reply, job.request.who);
}
int state(sd_bus_message* reply, const Job& job) {
    return sd_bus_message_append(reply, "s", std::string(to_string(job.state)).c_str());
}
int phase(sd_bus_message* reply, const Job& job) {
    return sd_bus_message_append(reply, "s", job.phase.c_str());
}
int percent(sd_bus_message* reply, const Job& job) {
    return sd_bus_message_append(reply, "u", job.percent);
}
int bytes(sd_bus_message* reply, const Job& job) {
    return sd_bus_message_append(reply, "t", job.bytes);
}
int bytes_total(sd_bus_message* reply, const Job& job) {
    return sd_bus_message_append(reply, "t", job.bytes_total);
}
int plan(sd_bus_message* reply, const Job& job) {
    return bus::append_text(reply, job.plan);
}
int exit_code(sd_bus_message* reply, const Job& job) {
    return sd_bus_message_append(reply, "i", job.exit_code);
}
int document(sd_bus_message* reply, const Job& job) {
    return bus::append_text(reply, job.document);
}
int text(sd_bus_message* reply, const Job& job) {
    return bus::append_text(reply, job.text);
}

constexpr auto kConst = SD_BUS_VTABLE_PROPERTY_CONST;
constexpr auto kChanges = SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE;

}  // namespace

template <auto Append>
int JobObject::get(sd_bus* /*bus*/, const char* path, const char* /*interface*/,
                   const char* /*property*/, sd_bus_message* reply, void* data,
                   sd_bus_error* /*error*/) {
    const auto* job = job_at(*static_cast<Front*>(data), path);
    return job == nullptr ? -ENOENT : Append(reply, *job);
}

int JobObject::cancel(sd_bus_message* call, void* data, sd_bus_error* /*error*/) {
    auto& front = *static_cast<Front*>(data);
    const auto number = job_number(sd_bus_message_get_path(call));
    const auto* job = job_at(front, sd_bus_message_get_path(call));
    if (job == nullptr)
        return reply_error(call, {model::ErrorCode::not_found, "there is no such job"});
    auto& runner = *front.runner_;
    if (const auto uid = bus::sender_uid(call); uid && *uid == job->request.uid) {
        answer_cancel(runner, call, number);
        return 1;
    }
    front.authority_.check(call, action_of(job->request),
                           [call, number, &runner](const Result<>& allowed) {
                               if (allowed)
                                   answer_cancel(runner, call, number);
                               else
                                   reply_error(call, allowed.error());
                           });
    return 1;
}

const sd_bus_vtable* job_vtable() {
    using Object = JobObject;
    static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Operation", "s", Object::get<operation>, 0, kConst),
        SD_BUS_PROPERTY("Subjects", "as", Object::get<subjects>, 0, kConst),
        SD_BUS_PROPERTY("Who", "s", Object::get<who>, 0, kConst),
        SD_BUS_PROPERTY("State", "s", Object::get<state>, 0, kChanges),
        SD_BUS_PROPERTY("Phase", "s", Object::get<phase>, 0, kChanges),
        SD_BUS_PROPERTY("Percent", "u", Object::get<percent>, 0, kChanges),
        SD_BUS_PROPERTY("Bytes", "t", Object::get<bytes>, 0, kChanges),
        SD_BUS_PROPERTY("BytesTotal", "t", Object::get<bytes_total>, 0, kChanges),
        SD_BUS_PROPERTY("Plan", "s", Object::get<plan>, 0, kChanges),
        SD_BUS_PROPERTY("ExitCode", "i", Object::get<exit_code>, 0, kChanges),
        SD_BUS_PROPERTY("Document", "s", Object::get<document>, 0, kChanges),
        SD_BUS_PROPERTY("Text", "s", Object::get<text>, 0, kChanges),
        SD_BUS_METHOD("Cancel", "", "", Object::cancel, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_NAMES("Progress", "s", SD_BUS_PARAM(record), 0),
        SD_BUS_SIGNAL_WITH_NAMES(
            "Ended", "iss", SD_BUS_PARAM(exit_code) SD_BUS_PARAM(document) SD_BUS_PARAM(text), 0),
        SD_BUS_VTABLE_END};
    return vtable;
}

int find_job(sd_bus* /*bus*/, const char* path, const char* /*interface*/, void* data, void** found,
             sd_bus_error* /*error*/) {
    *found = data;
    return JobObject::job_at(*static_cast<Front*>(data), path) == nullptr ? 0 : 1;
}

}  // namespace agent::service
