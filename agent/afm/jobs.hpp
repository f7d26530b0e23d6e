// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <systemd/sd-event.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "agent/bus/handles.hpp"
#include "agent/model/result.hpp"

namespace agent::afm {

/// What a job of org.updateagent has ended with.
struct JobEnd {
    int exit_code = 0;
    /// JSON of the command, or empty.
    std::string document;
    std::string text;
};

/// The error that such an end is, or none.
[[nodiscard]] model::Result<JobEnd> result_of(JobEnd end);

/// Calls methods of org.updateagent.Manager1 that return jobs, and waits for these while other
/// things go on.
class Jobs {
  public:
    using Then = std::function<void(model::Result<JobEnd>)>;
    /// Appends the arguments to a call; a negative errno is a failure.
    using Fill = std::function<int(sd_bus_message*)>;

    /// On the system bus. Both outlive it.
    Jobs(sd_bus* bus, sd_event* event) : bus_(bus), event_(event) {}
    Jobs(const Jobs&) = delete;
    Jobs& operator=(const Jobs&) = delete;

    /// To be called before the first run().
    [[nodiscard]] model::Result<> watch();
    /// `then` is called once, with the job's end or with why there is none. `may_ask`: whether its
    /// caller can be asked for a password.
    void run(const char* method, const Fill& fill, bool may_ask, Then then);
    /// The same for a method that takes names and no options.
    void run(const char* method, const std::vector<std::string>& names, bool may_ask, Then then);

  private:
    struct Job {
        Jobs* owner;
        std::string path;
        Then then;
        bus::Slot call;
        bus::EventSource timer;
        bool asking = false;
        /// How often in a row it could not be asked.
        unsigned unanswered = 0;
    };
    static int on_job(sd_bus_message* reply, void* job, sd_bus_error* error);
    static int on_ended(sd_bus_message* signal, void* self, sd_bus_error* error);
    static int on_timer(sd_event_source* source, std::uint64_t now, void* job);
    /// How it has ended, if it has; only the service's own answer is believed.
    void ask(Job& job);
    static int on_properties(sd_bus_message* reply, void* job, sd_bus_error* error);
    /// A job that outlives the service ends without its signal where that died meanwhile.
    void look_again_later(Job& job);
    void finish(Job& job, model::Result<JobEnd> end);

    sd_bus* bus_;
    sd_event* event_;
    bus::Slot ended_;
    std::list<Job> jobs_;
};

}  // namespace agent::afm
