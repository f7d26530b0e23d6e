// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/worker.hpp"

#include <csignal>
#include <memory>
#include <string_view>

#include "agent/model/exit_code.hpp"

namespace agent::service {

namespace {

using model::ErrorCode;
using model::Result;

constexpr const char* kService = "org.freedesktop.systemd1";
constexpr const char* kPath = "/org/freedesktop/systemd1";
constexpr const char* kInterface = "org.freedesktop.systemd1.Manager";

using Then = std::function<void(Result<>)>;

int append(sd_bus_message* call, const std::string& property, const char* signature,
           const auto&... values) {
    return sd_bus_message_append(call, "(sv)", property.c_str(), signature, values...);
}

/// systemd would put variables of its own in the place of what begins with a dollar.
std::string unexpanded(const std::string& argument) {
    std::string text;
    for (const char c : argument)
        text.append(c == '$' ? 2 : 1, c);
    return text;
}

int append_command(sd_bus_message* call, const std::vector<std::string>& command) {
    int result = sd_bus_message_open_container(call, 'r', "sv");
    if (result >= 0) result = sd_bus_message_append(call, "s", "ExecStart");
    if (result >= 0) result = sd_bus_message_open_container(call, 'v', "a(sasb)");
    if (result >= 0) result = sd_bus_message_open_container(call, 'a', "(sasb)");
    if (result >= 0) result = sd_bus_message_open_container(call, 'r', "sasb");
    if (result >= 0) result = sd_bus_message_append(call, "s", command.front().c_str());
    if (result >= 0) result = sd_bus_message_open_container(call, 'a', "s");
    for (const auto& argument : command)
        if (result >= 0) result = sd_bus_message_append(call, "s", unexpanded(argument).c_str());
    if (result >= 0) result = sd_bus_message_close_container(call);
    if (result >= 0) result = sd_bus_message_append(call, "b", 0);
    for (int open = 0; open < 4; ++open)
        if (result >= 0) result = sd_bus_message_close_container(call);
    return result;
}

/// An operation that fails is no fault of a unit, and is told to whoever asked for it.
int append_exit_statuses(sd_bus_message* call) {
    int result = sd_bus_message_open_container(call, 'r', "sv");
    if (result >= 0) result = sd_bus_message_append(call, "s", "SuccessExitStatus");
    if (result >= 0) result = sd_bus_message_open_container(call, 'v', "(aiai)");
    if (result >= 0) result = sd_bus_message_open_container(call, 'r', "aiai");
    if (result >= 0) result = sd_bus_message_open_container(call, 'a', "i");
    for (const auto& row : model::kExitCodes)
        if (result >= 0) result = sd_bus_message_append(call, "i", row.status);
    if (result >= 0) result = sd_bus_message_close_container(call);
    if (result >= 0) result = sd_bus_message_append(call, "ai", 0);
    for (int open = 0; open < 3; ++open)
        if (result >= 0) result = sd_bus_message_close_container(call);
    return result;
}

int append_properties(sd_bus_message* call, unsigned number,
                      const std::vector<std::string>& command,
                      const std::filesystem::path& output) {
    int result = sd_bus_message_open_container(call, 'a', "(sv)");
    const auto description = "Job " + std::to_string(number) + " of update-agent";
    if (result >= 0) result = append(call, "Description", "s", description.c_str());
    if (result >= 0) result = append(call, "Type", "s", "exec");
    if (result >= 0) result = append(call, "CollectMode", "s", "inactive-or-failed");
    // What the command has called ends when it has, so that it can take back what it has begun.
    if (result >= 0) result = append(call, "KillMode", "s", "mixed");
    if (result >= 0) result = append(call, "SyslogIdentifier", "s", "update-agent");
    if (result >= 0) result = append(call, "StandardError", "s", "journal");
    if (result >= 0) result = append(call, "StandardOutputFileToAppend", "s", output.c_str());
    if (result >= 0) result = append_exit_statuses(call);
    if (result >= 0) result = append_command(call, command);
    return result < 0 ? result : sd_bus_message_close_container(call);
}

int on_started(sd_bus_message* reply, void* data, sd_bus_error* /*error*/) {
    const auto& then = *static_cast<Then*>(data);
    const auto* failure = sd_bus_message_get_error(reply);
    if (failure == nullptr)
        then({});
    else
        then(model::fail(ErrorCode::internal,
                         std::string("systemd does not start the job: ") +
                             (failure->message != nullptr ? failure->message : failure->name)));
    return 1;
}

void destroy(void* data) {
    delete static_cast<Then*>(data);
}

/// An error that says no more than that systemd did not answer is none.
int on_found(sd_bus_message* reply, void* data, sd_bus_error* /*error*/) {
    const auto* failure = sd_bus_message_get_error(reply);
    const bool gone = failure != nullptr &&
                      std::string_view(failure->name) == "org.freedesktop.systemd1.NoSuchUnit";
    (*static_cast<Then*>(data))(gone ? model::fail(ErrorCode::not_found, failure->name)
                                     : Result<>());
    return 1;
}

/// `then` lives as long as the call.
int send(sd_bus* bus, sd_bus_message* call, sd_bus_message_handler_t handler, Then then) {
    auto data = std::make_unique<Then>(std::move(then));
    sd_bus_slot* slot = nullptr;
    const int result = sd_bus_call_async(bus, &slot, call, handler, data.get(), 0);
    if (result < 0) return result;
    sd_bus_slot_set_destroy_callback(slot, destroy);
    static_cast<void>(data.release());
    sd_bus_slot_set_floating(slot, 1);
    sd_bus_slot_unref(slot);
    return result;
}

Result<> failed(int result) {
    return model::fail(model::errno_error(-result, "asking systemd to start the job"));
}

}  // namespace

std::string unit_of(unsigned number) {
    return "update-agent-job-" + std::to_string(number) + ".service";
}

std::vector<std::string> command_of(const std::string& program, const JobRequest& request,
                                    const std::vector<std::string>& files) {
    std::vector<std::string> command{program, "--no-service", "--progress=json",
                                     "--who=" + request.who, request.operation};
    command.insert(command.end(), request.options.begin(), request.options.end());
    const bool installs = request.operation == "install";
    if (installs)
        for (const auto& name : request.subjects)
            command.push_back("--shown-as=" + name);
    // Nothing that somebody names is an option.
    if (!request.subjects.empty()) command.emplace_back("--");
    const auto& names = installs ? files : request.subjects;
    command.insert(command.end(), names.begin(), names.end());
    return command;
}

Result<> start_worker(sd_bus* bus, unsigned number, const std::vector<std::string>& command,
                      const std::filesystem::path& output, Then then) {
    sd_bus_message* raw = nullptr;
    int result = sd_bus_message_new_method_call(bus, &raw, kService, kPath, kInterface,
                                                "StartTransientUnit");
    const bus::Message call(raw);
    if (result >= 0) result = sd_bus_message_append(raw, "ss", unit_of(number).c_str(), "fail");
    if (result >= 0) result = append_properties(raw, number, command, output);
    if (result >= 0) result = sd_bus_message_append(raw, "a(sa(sv))", 0);
    if (result < 0) return failed(result);
    result = send(bus, raw, on_started, std::move(then));
    return result < 0 ? failed(result) : Result<>();
}

void interrupt_worker(sd_bus* bus, unsigned number) {
    sd_bus_call_method_async(bus, nullptr, kService, kPath, kInterface, "KillUnit", nullptr,
                             nullptr, "ssi", unit_of(number).c_str(), "main", SIGINT);
}

bool look_for_worker(sd_bus* bus, unsigned number, std::function<void(bool there)> answered) {
    sd_bus_message* raw = nullptr;
    int result = sd_bus_message_new_method_call(bus, &raw, kService, kPath, kInterface, "GetUnit");
    const bus::Message call(raw);
    if (result >= 0) result = sd_bus_message_append(raw, "s", unit_of(number).c_str());
    if (result >= 0)
        result = send(bus, raw, on_found, [answered = std::move(answered)](const Result<>& found) {
            answered(found.has_value());
        });
    return result >= 0;
}

}  // namespace agent::service
