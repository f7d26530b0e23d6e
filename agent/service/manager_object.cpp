// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <memory>

#include "agent/bus/text.hpp"
#include "agent/documents/documents.hpp"
#include "agent/service/actions.hpp"
#include "agent/service/front.hpp"
#include "agent/service/options.hpp"
#include "agent/service/passed_files.hpp"
#include "agent/store/generations.hpp"

namespace agent::service {

namespace {

using model::ErrorCode;
using model::Result;

/// As the bus allows in one message.
constexpr std::size_t kMostFiles = 16;

/// What a call asks for, and the files that came with it.
struct Wanted {
    JobRequest request;
    std::vector<store::Descriptor> files = {};
};

/// Only one change of the set of a generation can be meant.
constexpr const char* kWholeSet = "set";

Result<> take_options(sd_bus_message* call, std::span<const std::string> names, Wanted& wanted,
                      CallOptions* all = nullptr) {
    TRY_ASSIGN(auto options, read_options(call, names));
    wanted.request.who = options.who;
    if (all != nullptr) *all = options;
    wanted.request.options = std::move(options.arguments);
    return {};
}

Result<> read_files(sd_bus_message* call, Wanted& wanted) {
    const model::Error unreadable(ErrorCode::usage, "the files of the call cannot be read");
    if (sd_bus_message_enter_container(call, 'a', "(sh)") < 0) return model::fail(unreadable);
    const char* name = nullptr;
    int fd = -1;
    int result = 0;
    while ((result = sd_bus_message_read(call, "(sh)", &name, &fd)) > 0) {
        TRY(check_name(name));
        if (wanted.files.size() == kMostFiles)
            return model::fail(ErrorCode::usage,
                               "more than " + std::to_string(kMostFiles) + " files");
        TRY_ASSIGN(auto file, take_file(fd, name));
        // The command line takes what is in brackets for a list.
        wanted.request.subjects.push_back((name[0] == '[' ? "./" : "") + std::string(name));
        wanted.request.claims.insert(identity_of(file));
        wanted.files.push_back(std::move(file));
    }
    if (result < 0 || sd_bus_message_exit_container(call) < 0) return model::fail(unreadable);
    if (wanted.files.empty()) return model::fail(ErrorCode::usage, "at least one file is needed");
    return {};
}

Result<Wanted> read_install(sd_bus_message* call) {
    static const std::array<std::string, 4> kNames = {"allow-downgrade", "allow-signer-change",
                                                      "retry", "install-host-packages"};
    Wanted wanted{.request = {.operation = "install", .lane = Lane::set}};
    TRY(read_files(call, wanted));
    TRY(take_options(call, kNames, wanted));
    return wanted;
}

Result<Wanted> read_remove(sd_bus_message* call) {
    static const std::array<std::string, 2> kNames = {"purge", "retry"};
    Wanted wanted{.request = {.operation = "remove", .lane = Lane::set}};
    TRY_ASSIGN(wanted.request.subjects, read_names(call));
    for (const auto& id : wanted.request.subjects)
        wanted.request.claims.insert("bundle:" + id);
    TRY(take_options(call, kNames, wanted));
    return wanted;
}

Result<Wanted> read_rollback(sd_bus_message* call) {
    static const std::array<std::string, 2> kNames = {"generation", "retry"};
    Wanted wanted{.request = {.operation = "rollback", .lane = Lane::set, .claims = {kWholeSet}}};
    CallOptions options;
    TRY(take_options(call, kNames, wanted, &options));
    if (!options.generation.empty()) wanted.request.subjects = {options.generation};
    return wanted;
}

Result<Wanted> read_verify(sd_bus_message* call) {
    static const std::array<std::string, 1> kNames = {"repair"};
    // It reads whole images: one does for all who want to know.
    Wanted wanted{.request = {.operation = "verify", .claims = {"verify"}}};
    CallOptions options;
    TRY(take_options(call, kNames, wanted, &options));
    if (options.has("--repair")) {
        wanted.request.lane = Lane::set;
        wanted.request.claims = {"repair"};
    }
    return wanted;
}

Result<Wanted> read_control(sd_bus_message* call, const char* operation) {
    Wanted wanted{.request = {.operation = operation, .lane = Lane::units}};
    TRY_ASSIGN(wanted.request.subjects, read_names(call));
    TRY(take_options(call, {}, wanted));
    return wanted;
}

Result<> appended(int result) {
    if (result < 0) return model::fail(model::errno_error(-result, "writing the answer"));
    return {};
}

/// Who asks: only root asks for somebody else.
Result<> name_caller(sd_bus_message* call, JobRequest& request) {
    TRY_ASSIGN(request.uid, bus::sender_uid(call));
    if (request.who.empty())
        request.who = request.uid == 0 ? "root (0)" : "uid " + std::to_string(request.uid);
    else if (request.uid != 0)
        return model::fail(ErrorCode::not_permitted, "the option 'who' is root's");
    return {};
}

}  // namespace

/// org.updateagent.Manager1.
struct ManagerObject {
    /// Makes a job of what was read, if the caller may have it.
    static int submit(Front& front, sd_bus_message* call, Result<Wanted> read);
    static void add(Front& front, sd_bus_message* call, Wanted wanted);
    /// Answers a query, if the caller may have it.
    static int query(Front& front, sd_bus_message* call,
                     const std::function<Result<>(sd_bus_message* reply)>& fill);

    template <Result<Wanted> (*Read)(sd_bus_message*)>
    static int change(sd_bus_message* call, void* data, sd_bus_error* /*error*/) {
        return submit(*static_cast<Front*>(data), call, Read(call));
    }
    static int control(sd_bus_message* call, void* data, sd_bus_error* error);
    static int list_bundles(sd_bus_message* call, void* data, sd_bus_error* error);
    static int describe(sd_bus_message* call, void* data, sd_bus_error* error);
    static int history(sd_bus_message* call, void* data, sd_bus_error* error);
    static int list_jobs(sd_bus_message* call, void* data, sd_bus_error* error);
    static int get_state(sd_bus* bus, const char* path, const char* interface, const char* property,
                         sd_bus_message* reply, void* data, sd_bus_error* error);
    static int get_version(sd_bus* bus, const char* path, const char* interface,
                           const char* property, sd_bus_message* reply, void* data,
                           sd_bus_error* error);
};

int ManagerObject::submit(Front& front, sd_bus_message* call, Result<Wanted> read) {
    if (!read) return reply_error(call, read.error());
    // std::function wants what it holds to be copyable.
    auto wanted = std::make_shared<Wanted>(std::move(*read));
    if (auto named = name_caller(call, wanted->request); !named)
        return reply_error(call, named.error());
    front.authority_.check(call, action_of(wanted->request),
                           [&front, call, wanted](const Result<>& allowed) {
                               if (allowed)
                                   add(front, call, std::move(*wanted));
                               else
                                   reply_error(call, allowed.error());
                           });
    return 1;
}

void ManagerObject::add(Front& front, sd_bus_message* call, Wanted wanted) {
    const auto number = front.runner_->add(std::move(wanted.request), std::move(wanted.files));
    if (!number) {
        reply_error(call, number.error());
        return;
    }
    // The caller knows its job before the job says anything.
    sd_bus_reply_method_return(call, "o", job_path(*number).c_str());
    front.runner_->schedule();
}

int ManagerObject::query(Front& front, sd_bus_message* call,
                         const std::function<Result<>(sd_bus_message* reply)>& fill) {
    front.authority_.check(call, kQuery, [call, fill](Result<> allowed) {
        sd_bus_message* raw = nullptr;
        if (allowed && sd_bus_message_new_method_return(call, &raw) < 0)
            allowed = model::fail(ErrorCode::internal, "no answer can be made");
        const bus::Message reply(raw);
        if (allowed) allowed = fill(raw);
        if (!allowed)
            reply_error(call, allowed.error());
        else
            sd_bus_send(nullptr, raw, nullptr);
    });
    return 1;
}

int ManagerObject::control(sd_bus_message* call, void* data, sd_bus_error* /*error*/) {
    std::string operation = sd_bus_message_get_member(call);
    operation.front() = static_cast<char>(operation.front() - 'A' + 'a');
    return submit(*static_cast<Front*>(data), call, read_control(call, operation.c_str()));
}

int ManagerObject::list_bundles(sd_bus_message* call, void* data, sd_bus_error* /*error*/) {
    auto& front = *static_cast<Front*>(data);
    return query(front, call, [&front](sd_bus_message* reply) -> Result<> {
        TRY_ASSIGN(const auto set, store::Generations(front.paths_).installed());
        sd_bus_message_open_container(reply, 'a', "(ssss)");
        for (const auto& [id, bundle] : set.bundles) {
            const auto& description = bundle.description;
            const bool base = description.type == model::BundleType::base;
            sd_bus_message_append(reply, "(ssss)", id.value().c_str(),
                                  description.version.to_string().c_str(),
                                  bus::sendable(description.name).c_str(), base ? "base" : "addon");
        }
        return appended(sd_bus_message_close_container(reply));
    });
}

int ManagerObject::describe(sd_bus_message* call, void* data, sd_bus_error* /*error*/) {
    auto& front = *static_cast<Front*>(data);
    const char* name = nullptr;
    if (sd_bus_message_read(call, "s", &name) < 0) return -EINVAL;
    if (auto good = check_name(name); !good) return reply_error(call, good.error());
    return query(front, call, [&front, text = std::string(name)](auto* reply) -> Result<> {
        TRY_ASSIGN(const auto set, store::Generations(front.paths_).installed());
        const auto id = model::BundleId::parse(text);
        const auto* bundle = id ? set.find(*id) : nullptr;
        if (bundle == nullptr)
            return model::fail(ErrorCode::not_found, "the bundle " + text + " is not installed");
        return appended(bus::append_text(reply, documents::installed(set, *bundle)));
    });
}

int ManagerObject::history(sd_bus_message* call, void* data, sd_bus_error* /*error*/) {
    auto& front = *static_cast<Front*>(data);
    std::uint32_t lines = 0;
    if (sd_bus_message_read(call, "u", &lines) < 0) return -EINVAL;
    return query(front, call, [&front, lines](sd_bus_message* reply) -> Result<> {
        TRY_ASSIGN(auto entries, store::read_history(front.paths_));
        if (lines != 0 && entries.size() > lines)
            entries.erase(entries.begin(), entries.end() - lines);
        return appended(bus::append_text(reply, documents::history(entries)));
    });
}

int ManagerObject::list_jobs(sd_bus_message* call, void* data, sd_bus_error* /*error*/) {
    auto& front = *static_cast<Front*>(data);
    return query(front, call, [&front](sd_bus_message* reply) -> Result<> {
        sd_bus_message_open_container(reply, 'a', "(osss)");
        for (const auto& [number, job] : front.runner_->jobs())
            sd_bus_message_append(
                reply, "(osss)", job_path(number).c_str(), job.request.operation.c_str(),
                std::string(to_string(job.state)).c_str(), bus::sendable(job.request.who).c_str());
        return appended(sd_bus_message_close_container(reply));
    });
}

int ManagerObject::get_state(sd_bus* /*bus*/, const char* /*path*/, const char* /*interface*/,
                             const char* property, sd_bus_message* reply, void* data,
                             sd_bus_error* /*error*/) {
    const auto& state = static_cast<Front*>(data)->state_;
    const auto& text = std::string_view(property) == "State" ? state.current : state.previous;
    return sd_bus_message_append(reply, "s", text.c_str());
}

int ManagerObject::get_version(sd_bus* /*bus*/, const char* /*path*/, const char* /*interface*/,
                               const char* /*property*/, sd_bus_message* reply, void* /*data*/,
                               sd_bus_error* /*error*/) {
    return sd_bus_message_append(reply, "s", UPDATE_AGENT_VERSION);
}

const sd_bus_vtable* manager_vtable() {
    using Object = ManagerObject;
    constexpr auto kOpen = SD_BUS_VTABLE_UNPRIVILEGED;
    static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", Object::get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("State", "s", Object::get_state, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("PreviousState", "s", Object::get_state, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_METHOD_WITH_NAMES("Install", "a(sh)a{sv}", SD_BUS_PARAM(files) SD_BUS_PARAM(options),
                                 "o", SD_BUS_PARAM(job), Object::change<read_install>, kOpen),
        SD_BUS_METHOD_WITH_NAMES("Remove", "asa{sv}", SD_BUS_PARAM(ids) SD_BUS_PARAM(options), "o",
                                 SD_BUS_PARAM(job), Object::change<read_remove>, kOpen),
        SD_BUS_METHOD_WITH_NAMES("Rollback", "a{sv}", SD_BUS_PARAM(options), "o", SD_BUS_PARAM(job),
                                 Object::change<read_rollback>, kOpen),
        SD_BUS_METHOD_WITH_NAMES("Verify", "a{sv}", SD_BUS_PARAM(options), "o", SD_BUS_PARAM(job),
                                 Object::change<read_verify>, kOpen),
        SD_BUS_METHOD_WITH_NAMES("Start", "asa{sv}", SD_BUS_PARAM(names) SD_BUS_PARAM(options), "o",
                                 SD_BUS_PARAM(job), Object::control, kOpen),
        SD_BUS_METHOD_WITH_NAMES("Stop", "asa{sv}", SD_BUS_PARAM(names) SD_BUS_PARAM(options), "o",
                                 SD_BUS_PARAM(job), Object::control, kOpen),
        SD_BUS_METHOD_WITH_NAMES("Restart", "asa{sv}", SD_BUS_PARAM(names) SD_BUS_PARAM(options),
                                 "o", SD_BUS_PARAM(job), Object::control, kOpen),
        SD_BUS_METHOD_WITH_NAMES("Pause", "asa{sv}", SD_BUS_PARAM(names) SD_BUS_PARAM(options), "o",
                                 SD_BUS_PARAM(job), Object::control, kOpen),
        SD_BUS_METHOD_WITH_NAMES("Resume", "asa{sv}", SD_BUS_PARAM(names) SD_BUS_PARAM(options),
                                 "o", SD_BUS_PARAM(job), Object::control, kOpen),
        SD_BUS_METHOD_WITH_NAMES("ListBundles", "", "", "a(ssss)", SD_BUS_PARAM(bundles),
                                 Object::list_bundles, kOpen),
        SD_BUS_METHOD_WITH_NAMES("Describe", "s", SD_BUS_PARAM(id), "s", SD_BUS_PARAM(document),
                                 Object::describe, kOpen),
        SD_BUS_METHOD_WITH_NAMES("History", "u", SD_BUS_PARAM(lines), "s", SD_BUS_PARAM(document),
                                 Object::history, kOpen),
        SD_BUS_METHOD_WITH_NAMES("ListJobs", "", "", "a(osss)", SD_BUS_PARAM(jobs),
                                 Object::list_jobs, kOpen),
        SD_BUS_SIGNAL_WITH_NAMES("JobAdded", "os", SD_BUS_PARAM(job) SD_BUS_PARAM(operation), 0),
        SD_BUS_SIGNAL_WITH_NAMES("JobRemoved", "osi",
                                 SD_BUS_PARAM(job) SD_BUS_PARAM(operation) SD_BUS_PARAM(exit_code),
                                 0),
        SD_BUS_VTABLE_END};
    return vtable;
}

}  // namespace agent::service
