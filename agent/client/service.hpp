// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <variant>

#include "agent/client/request.hpp"
#include "agent/model/result.hpp"

namespace agent::client {

/// A job's number.
using Job = unsigned;

/// There is no service to ask.
struct Absent {
    std::string why;
    /// It should be there, and could not be started or reached.
    bool failed = false;
};

/// What a job has ended with, as org.updateagent.Job1 has it.
struct Ended {
    int exit_code = 0;
    std::string document;
    std::string text;
};

/// Who follows a job, and may ask it to cancel.
class Watcher {
  public:
    virtual ~Watcher() = default;
    /// A JSON document of progress.json.
    virtual void record(const std::string& record) = 0;
    /// What one should know beside it.
    virtual void note(const std::string& text) = 0;
    /// How often it was asked so far to cancel.
    [[nodiscard]] virtual unsigned cancellations() const = 0;
};

struct ServiceOptions {
    using Time = std::chrono::milliseconds;
    /// Lets polkit ask somebody.
    bool interactive = false;
    Time connect{5'000};
    /// dbus-daemon gives a service as long.
    Time start{25'000};
    Time call{25'000};
    /// For somebody to find a password.
    Time interactive_call{300'000};
    /// How long a service that went away may stay away.
    Time absence{60'000};
    /// Between two attempts to find it again, and two looks at Watcher::cancellations().
    Time look{250};
};

/// The service on the system bus, as one caller sees it.
class Service {
  public:
    /// Connects, listens to all jobs, and has the service started.
    [[nodiscard]] static tl::expected<Service, Absent> reach(const ServiceOptions& options);
    Service(Service&&) noexcept;
    Service& operator=(Service&&) noexcept;
    ~Service();

    /// The job that the service has begun. A watcher who cancels twice does not wait.
    [[nodiscard]] model::Result<std::variant<Job, Absent>> ask(const Request& request,
                                                               Watcher& watcher);
    /// Follows the job that ask() has returned to its end, whatever becomes of the service
    /// meanwhile. The first time that the watcher cancels, the job is asked to; the second time it
    /// is left to itself, which is ErrorCode::busy.
    [[nodiscard]] model::Result<Ended> follow(Job job, Watcher& watcher);
    /// Follows anybody's job, or says what one has ended with. A watcher who cancels only leaves.
    [[nodiscard]] model::Result<Ended> watch(Job job, Watcher& watcher);

  private:
    class State;
    explicit Service(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace agent::client
