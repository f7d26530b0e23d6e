// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/jobs.hpp"

#include <algorithm>
#include <string_view>

#include "agent/bus/names.hpp"
#include "agent/bus/text.hpp"
#include "agent/model/exit_code.hpp"

namespace agent::afm {

namespace {

using model::ErrorCode;
using model::Result;

constexpr std::uint64_t kSecond = 1'000'000;
/// Who is asked for a password needs time to write it.
constexpr std::uint64_t kCallTimeout = 300 * kSecond;
constexpr std::uint64_t kLookAgain = 15 * kSecond;

model::Error error_of(sd_bus_message* reply) {
    const auto* error = sd_bus_message_get_error(reply);
    const std::string_view name = error->name;
    const std::string text = error->message == nullptr ? error->name : error->message;
    if (name == SD_BUS_ERROR_SERVICE_UNKNOWN || name == SD_BUS_ERROR_NAME_HAS_NO_OWNER)
        return {ErrorCode::internal, "the service of update-agent is not there: " + text};
    if (name == SD_BUS_ERROR_NO_REPLY)
        return {ErrorCode::internal,
                text + "; 'update-agent status' and 'update-agent history' show what came of it"};
    return {bus::error_of_name(name), text};
}

/// Of the properties of a job, those of its end; -1 for a job that has not ended.
int read_end(sd_bus_message* reply, JobEnd& end) {
    end.exit_code = -1;
    int result = sd_bus_message_enter_container(reply, 'a', "{sv}");
    while (result >= 0 && (result = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
        const char* name = nullptr;
        result = sd_bus_message_read(reply, "s", &name);
        if (result < 0) break;
        const std::string_view property = name;
        const char* text = nullptr;
        if (property == "ExitCode")
            result = sd_bus_message_read(reply, "v", "i", &end.exit_code);
        else if (property == "Document" || property == "Text") {
            result = sd_bus_message_read(reply, "v", "s", &text);
            if (result >= 0) (property == "Text" ? end.text : end.document) = text;
        } else
            result = sd_bus_message_skip(reply, "v");
        if (result >= 0) result = sd_bus_message_exit_container(reply);
    }
    return result;
}

}  // namespace

Result<JobEnd> result_of(JobEnd end) {
    if (end.exit_code == 0) return end;
    auto text = end.text;
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    constexpr std::string_view kProgram = "update-agent: ";
    if (text.starts_with(kProgram)) text.erase(0, kProgram.size());
    if (text.empty()) text = "ended with the exit status " + std::to_string(end.exit_code);
    return model::fail(model::error_of_status(end.exit_code), std::move(text));
}

Result<> Jobs::watch() {
    sd_bus_slot* slot = nullptr;
    const int result = sd_bus_match_signal(bus_, &slot, bus::kName, nullptr, bus::kJobInterface,
                                           "Ended", on_ended, this);
    ended_.reset(slot);
    if (result < 0) return model::fail(model::errno_error(-result, "cannot watch jobs"));
    return {};
}

void Jobs::run(const char* method, const Fill& fill, bool may_ask, Then then) {
    sd_bus_message* raw = nullptr;
    int result = sd_bus_message_new_method_call(bus_, &raw, bus::kName, bus::kManagerPath,
                                                bus::kManagerInterface, method);
    const bus::Message message(raw);
    if (result >= 0)
        result = sd_bus_message_set_allow_interactive_authorization(raw, may_ask ? 1 : 0);
    if (result >= 0) result = fill(raw);
    jobs_.push_back(
        {.owner = this, .path = {}, .then = std::move(then), .call = nullptr, .timer = nullptr});
    auto& job = jobs_.back();
    sd_bus_slot* slot = nullptr;
    if (result >= 0) result = sd_bus_call_async(bus_, &slot, raw, on_job, &job, kCallTimeout);
    job.call.reset(slot);
    if (result < 0) finish(job, model::fail(model::errno_error(-result, method)));
}

void Jobs::run(const char* method, const std::vector<std::string>& names, bool may_ask, Then then) {
    run(
        method,
        [&names](sd_bus_message* message) {
            const int result = bus::append_texts(message, names);
            return result < 0 ? result : sd_bus_message_append(message, "a{sv}", 0);
        },
        may_ask, std::move(then));
}

int Jobs::on_job(sd_bus_message* reply, void* userdata, sd_bus_error* /*error*/) {
    auto& job = *static_cast<Job*>(userdata);
    const char* path = nullptr;
    if (sd_bus_message_is_method_error(reply, nullptr) > 0)
        job.owner->finish(job, model::fail(error_of(reply)));
    else if (const int result = sd_bus_message_read(reply, "o", &path); result < 0)
        job.owner->finish(job, model::fail(model::errno_error(-result, "the job's path")));
    else {
        job.path = path;
        job.owner->look_again_later(job);
    }
    return 0;
}

int Jobs::on_ended(sd_bus_message* signal, void* self, sd_bus_error* /*error*/) {
    auto& jobs = *static_cast<Jobs*>(self);
    const std::string path = sd_bus_message_get_path(signal);
    const auto job = std::find_if(jobs.jobs_.begin(), jobs.jobs_.end(),
                                  [&path](const Job& each) { return each.path == path; });
    // Anybody may send such a signal to a connection whose name he knows.
    if (job != jobs.jobs_.end()) jobs.ask(*job);
    return 0;
}

void Jobs::look_again_later(Job& job) {
    sd_event_source* timer = nullptr;
    const int result = sd_event_add_time_relative(event_, &timer, CLOCK_MONOTONIC, kLookAgain,
                                                  kSecond, on_timer, &job);
    job.timer.reset(timer);
    if (result < 0) finish(job, model::fail(model::errno_error(-result, "cannot wait")));
}

int Jobs::on_timer(sd_event_source* /*source*/, std::uint64_t /*now*/, void* userdata) {
    auto& job = *static_cast<Job*>(userdata);
    job.owner->ask(job);
    return 0;
}

void Jobs::ask(Job& job) {
    // The signal of an end comes after an answer that does not know it yet.
    if (job.asking) return;
    sd_bus_slot* slot = nullptr;
    const int result = sd_bus_call_method_async(bus_, &slot, bus::kName, job.path.c_str(),
                                                "org.freedesktop.DBus.Properties", "GetAll",
                                                on_properties, &job, "s", bus::kJobInterface);
    job.call.reset(slot);
    job.asking = result >= 0;
    if (result < 0) finish(job, model::fail(model::errno_error(-result, "the job's state")));
}

int Jobs::on_properties(sd_bus_message* reply, void* userdata, sd_bus_error* /*error*/) {
    auto& job = *static_cast<Job*>(userdata);
    constexpr unsigned kMostUnanswered = 20;
    job.asking = false;
    JobEnd end;
    const bool failed = sd_bus_message_is_method_error(reply, nullptr) > 0;
    job.unanswered = failed ? job.unanswered + 1 : 0;
    if (sd_bus_message_is_method_error(reply, SD_BUS_ERROR_UNKNOWN_OBJECT) > 0)
        job.owner->finish(job,
                          model::fail(ErrorCode::internal,
                                      "the job is gone, and nobody has told its end; "
                                      "'update-agent status' and 'update-agent history' show it"));
    else if (job.unanswered == kMostUnanswered)
        job.owner->finish(job, model::fail(error_of(reply)));
    else if (!failed && read_end(reply, end) >= 0 && end.exit_code >= 0)
        job.owner->finish(job, result_of(std::move(end)));
    else
        job.owner->look_again_later(job);
    return 0;
}

void Jobs::finish(Job& job, Result<JobEnd> end) {
    const auto then = std::move(job.then);
    jobs_.remove_if([&job](const Job& each) { return &each == &job; });
    then(std::move(end));
}

}  // namespace agent::afm
