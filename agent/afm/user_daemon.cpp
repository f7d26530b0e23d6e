// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/user_daemon.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <string_view>

#include "agent/afm/requests.hpp"
#include "agent/bus/authority.hpp"
#include "agent/store/generations.hpp"

namespace agent::afm {

namespace {

using model::ErrorCode;
using model::Result;

constexpr const char* kSystemName = "org.AGL.afm.system";
constexpr const char* kSystemPath = "/org/AGL/afm/system";

/// What the daemon on the system bus, or the bus, has refused.
std::string forwarded_failure(const sd_bus_error& error) {
    const std::string text = error.message == nullptr ? error.name : error.message;
    const std::string_view name = error.name;
    if (name == SD_BUS_ERROR_FAILED) return text;
    const auto code =
        name == SD_BUS_ERROR_ACCESS_DENIED ? ErrorCode::not_permitted : ErrorCode::internal;
    return failure_message({code, std::string(kSystemName) + ": " + text}, Doing::something);
}

}  // namespace

UserDaemon::UserDaemon(Buses buses, Jobs& jobs, store::Paths paths)
    : buses_(buses),
      jobs_(jobs),
      paths_(std::move(paths)),
      running_(buses.system),
      user_(buses.session, "user"),
      system_(buses.session, "system") {
    serve(user_, "detail", &UserDaemon::detail);
    serve(user_, "runnables", &UserDaemon::runnables);
    serve(user_, "runners", &UserDaemon::runners);
    serve(user_, "state", &UserDaemon::state);
    serve(user_, "start", &UserDaemon::start);
    serve(user_, "once", &UserDaemon::once);
    serve(user_, "terminate", &UserDaemon::terminate);
    serve(user_, "pause", &UserDaemon::pause);
    serve(user_, "resume", &UserDaemon::resume);
    // As these were called once.
    serve(user_, "stop", &UserDaemon::pause);
    serve(user_, "continue", &UserDaemon::resume);
    for (auto* endpoint : {&user_, &system_}) {
        serve(*endpoint, "install", &UserDaemon::install);
        serve(*endpoint, "uninstall", &UserDaemon::uninstall);
    }
}

void UserDaemon::serve(Endpoint& endpoint, const char* member, Handler handler) {
    endpoint.add(member, [this, handler](const PendingCall& call, const Json& input) {
        (this->*handler)(call, input);
    });
}

Result<> UserDaemon::publish() {
    sd_bus_slot* slot = nullptr;
    const int result = sd_bus_match_signal(buses_.system, &slot, kSystemName, kSystemPath,
                                           kSystemName, "changed", on_changed, this);
    changed_.reset(slot);
    if (result < 0) return model::fail(model::errno_error(-result, "cannot watch for changes"));
    TRY(system_.publish());
    return user_.publish();
}

int UserDaemon::on_changed(sd_bus_message* signal, void* self, sd_bus_error* /*error*/) {
    // Anybody may send a signal to a connection whose name he knows.
    const auto sender = bus::sender_uid(signal);
    const char* text = nullptr;
    if (!sender || *sender != 0 || sd_bus_message_read(signal, "s", &text) < 0) return 0;
    static_cast<UserDaemon*>(self)->user_.tell_changed(text);
    static_cast<UserDaemon*>(self)->system_.tell_changed(text);
    return 0;
}

Result<model::InstalledSet> UserDaemon::installed() const {
    return store::Generations(paths_).installed();
}

void UserDaemon::detail(const PendingCall& call, const Json& input) {
    const auto id = application_request(input);
    if (!id) return call.refuse(id.error());
    const auto set = installed();
    if (!set) return call.refuse(set.error());
    const auto application = find_application(*set, *id);
    if (!application) return call.refuse(application.error());
    call.answer(afm::detail(**application));
}

void UserDaemon::runnables(const PendingCall& call, const Json& input) {
    if (const auto good = any_request(input); !good) return call.refuse(good.error());
    const auto set = installed();
    if (!set) return call.refuse(set.error());
    call.answer(afm::runnables(*set));
}

void UserDaemon::look(const PendingCall& call, Doing doing,
                      std::vector<model::Description> applications,
                      std::function<void(const std::vector<Runner>&)> then) {
    running_.look(std::move(applications),
                  [call, doing, then = std::move(then)](const auto& runners) {
                      if (!runners) return call.refuse(runners.error(), doing);
                      then(*runners);
                  });
}

void UserDaemon::runners(const PendingCall& call, const Json& /*input*/) {
    const auto set = installed();
    if (!set) return call.refuse(set.error());
    look(call, Doing::something, applications_of(*set), [call](const auto& runners) {
        Json list = Json::array();
        for (const auto& runner : runners)
            list.push_back(state_of(runner));
        call.answer(list);
    });
}

void UserDaemon::find(const PendingCall& call, const Json& input,
                      std::function<void(const Runner&)> then) {
    const auto runid = runid_request(input);
    if (!runid) return call.refuse(runid.error());
    const auto set = installed();
    if (!set) return call.refuse(set.error());
    look(call, Doing::something, applications_of(*set),
         [call, runid = *runid, then = std::move(then)](const auto& runners) {
             const auto runner =
                 std::find_if(runners.begin(), runners.end(),
                              [runid](const Runner& each) { return each.runid == runid; });
             if (runner != runners.end()) return then(*runner);
             call.refuse({ErrorCode::not_found, "nothing runs with the runid " +
                                                    std::to_string(runid) +
                                                    "; 'runners' lists what does"});
         });
}

void UserDaemon::state(const PendingCall& call, const Json& input) {
    find(call, input, [call](const Runner& runner) { call.answer(state_of(runner)); });
}

void UserDaemon::start(const PendingCall& call, const Json& input) {
    bring_up(call, start_request(input), [](const Runner& runner) { return Json(runner.runid); });
}

void UserDaemon::once(const PendingCall& call, const Json& input) {
    bring_up(call, application_request(input), state_of);
}

void UserDaemon::bring_up(const PendingCall& call, const Result<std::string>& id, Answer answer) {
    if (!id) return call.refuse(id.error());
    const auto set = installed();
    if (!set) return call.refuse(set.error());
    const auto found = find_application(*set, *id);
    if (!found) return call.refuse(found.error(), Doing::starting);
    look(call, Doing::starting, {**found},
         [this, call, application = **found, answer](const auto& runners) {
             // The process of one that is starting is not yet the one that stays.
             if (!runners.empty() && runners.front().state != kStarting)
                 return call.answer(answer(runners.front()));
             jobs_.run("Start", {"bundle:" + application.id.value()}, call.may_ask(),
                       [this, call, application, answer](const Result<JobEnd>& end) {
                           if (!end) return call.refuse(end.error(), Doing::starting);
                           answer_running(call, application, answer);
                       });
         });
}

void UserDaemon::answer_running(const PendingCall& call, const model::Description& application,
                                Answer answer) {
    look(
        call, Doing::starting, {application},
        [call, answer, id = application_id(application)](const auto& runners) {
            if (!runners.empty()) return call.answer(answer(runners.front()));
            call.refuse({ErrorCode::unhealthy, id + " was started and has ended"}, Doing::starting);
        });
}

void UserDaemon::terminate(const PendingCall& call, const Json& input) {
    change(call, input, "Stop");
}

void UserDaemon::pause(const PendingCall& call, const Json& input) {
    change(call, input, "Pause");
}

void UserDaemon::resume(const PendingCall& call, const Json& input) {
    change(call, input, "Resume");
}

void UserDaemon::change(const PendingCall& call, const Json& input, const char* method) {
    find(call, input, [this, call, method](const Runner& runner) {
        jobs_.run(method, {"bundle:" + runner.bundle.value()}, call.may_ask(),
                  [call](const Result<JobEnd>& end) {
                      if (!end) return call.refuse(end.error());
                      call.answer(true);
                  });
    });
}

void UserDaemon::install(const PendingCall& call, const Json& input) {
    forward(call, input, "install");
}

void UserDaemon::uninstall(const PendingCall& call, const Json& input) {
    forward(call, input, "uninstall");
}

void UserDaemon::forward(const PendingCall& call, const Json& input, const char* member) {
    sd_bus_message* raw = nullptr;
    int result = sd_bus_message_new_method_call(buses_.system, &raw, kSystemName, kSystemPath,
                                                kSystemName, member);
    const bus::Message message(raw);
    if (result >= 0)
        result = sd_bus_message_set_allow_interactive_authorization(raw, call.may_ask() ? 1 : 0);
    if (result >= 0) result = sd_bus_message_append(raw, "s", print_json(input).c_str());
    auto waiting = std::make_unique<PendingCall>(call);
    // An installation takes as long as it takes; a daemon that dies is told by the bus.
    if (result >= 0)
        result = sd_bus_call_async(buses_.system, nullptr, raw, on_forwarded, waiting.get(),
                                   std::numeric_limits<std::uint64_t>::max());
    if (result < 0) return call.refuse(model::errno_error(-result, kSystemName));
    static_cast<void>(waiting.release());
}

int UserDaemon::on_forwarded(sd_bus_message* reply, void* userdata, sd_bus_error* /*error*/) {
    const std::unique_ptr<PendingCall> call(static_cast<PendingCall*>(userdata));
    const char* text = nullptr;
    if (const auto* error = sd_bus_message_get_error(reply); error != nullptr)
        call->refuse_with_text(forwarded_failure(*error));
    else if (sd_bus_message_read(reply, "s", &text) < 0)
        call->refuse({ErrorCode::internal, std::string(kSystemName) +
                                               " has answered with something else than a string"});
    else
        call->answer_with_text(text);
    return 0;
}

}  // namespace agent::afm
