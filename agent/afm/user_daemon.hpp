// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "agent/afm/endpoint.hpp"
#include "agent/afm/jobs.hpp"
#include "agent/afm/running.hpp"
#include "agent/store/paths.hpp"

namespace agent::afm {

/// org.AGL.afm.user and org.AGL.afm.system on the session bus: says what is installed and runs,
/// starts and stops it, and has it installed by the daemon on the system bus.
class UserDaemon {
  public:
    struct Buses {
        sd_bus* session;
        sd_bus* system;
    };
    UserDaemon(Buses buses, Jobs& jobs, store::Paths paths);
    [[nodiscard]] model::Result<> publish();

  private:
    using Handler = void (UserDaemon::*)(const PendingCall&, const Json&);
    void serve(Endpoint& endpoint, const char* member, Handler handler);
    void detail(const PendingCall& call, const Json& input);
    void runnables(const PendingCall& call, const Json& input);
    void runners(const PendingCall& call, const Json& input);
    void state(const PendingCall& call, const Json& input);
    void start(const PendingCall& call, const Json& input);
    void once(const PendingCall& call, const Json& input);
    void terminate(const PendingCall& call, const Json& input);
    void pause(const PendingCall& call, const Json& input);
    void resume(const PendingCall& call, const Json& input);
    void install(const PendingCall& call, const Json& input);
    void uninstall(const PendingCall& call, const Json& input);

    using Answer = Json (*)(const Runner&);
    /// Answers with what runs of the application, once something does.
    void bring_up(const PendingCall& call, const model::Result<std::string>& id, Answer answer);
    void answer_running(const PendingCall& call, const model::Description& application,
                        Answer answer);
    /// Has a job done to the application that runs with this runid; answers with true.
    void change(const PendingCall& call, const Json& input, const char* method);
    [[nodiscard]] model::Result<model::InstalledSet> installed() const;
    /// Refuses the call where it is not known what runs.
    void look(const PendingCall& call, Doing doing, std::vector<model::Description> applications,
              std::function<void(const std::vector<Runner>&)> then);
    /// The one with the runid that the input says; refuses the call where there is none.
    void find(const PendingCall& call, const Json& input, std::function<void(const Runner&)> then);
    /// To the daemon on the system bus; its answer is the answer.
    void forward(const PendingCall& call, const Json& input, const char* member);
    static int on_forwarded(sd_bus_message* reply, void* call, sd_bus_error* error);
    static int on_changed(sd_bus_message* signal, void* self, sd_bus_error* error);

    Buses buses_;
    Jobs& jobs_;
    store::Paths paths_;
    Running running_;
    Endpoint user_;
    Endpoint system_;
    bus::Slot changed_;
};

}  // namespace agent::afm
