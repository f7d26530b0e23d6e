// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "agent/bus/handles.hpp"
#include "agent/client/service.hpp"

namespace agent::client {

/// Why a call has no answer.
struct Failure {
    enum class Kind { refused, no_connection, left };
    Kind kind = Kind::refused;
    /// Of the D-Bus error.
    std::string name;
    std::string message;
};

/// What came without being asked for, in the order in which it came.
struct Event {
    enum class Kind { progress, ended, owner, refusal };
    Kind kind = Kind::progress;
    std::string sender;
    std::string path;
    /// The record, the name of the new owner, or why cancelling was refused.
    std::string text;
    Ended ended = {};
};

/// The unique name of who sent it.
[[nodiscard]] std::string sender_of(sd_bus_message* message);

/// A connection to the system bus that hears the service's jobs while it waits for answers.
class Conversation {
  public:
    using Time = std::chrono::milliseconds;
    using Reply = tl::expected<bus::Message, Failure>;
    /// Whether nobody waits for the answer any more.
    using Leaves = std::function<bool()>;

    /// `look` is how long it waits at most until it asks whether somebody leaves.
    explicit Conversation(Time look) : look_(look) {}
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    ~Conversation() = default;

    /// Connects, and listens. A negative errno is a failure.
    [[nodiscard]] int open(Time bound);
    [[nodiscard]] sd_bus* get() const { return bus_.get(); }
    [[nodiscard]] Reply call(const bus::Message& request, Time bound, const Leaves& leaves) const;
    /// Goes on without an answer; an error is an event.
    void tell(const bus::Message& request, Time bound);
    /// Takes in what comes, and waits for more, `look` at most; false once the connection is lost.
    [[nodiscard]] bool wait() const;
    [[nodiscard]] std::optional<Event> next();

  private:
    static int on_signal(sd_bus_message* message, void* self, sd_bus_error* error);
    static int on_told(sd_bus_message* message, void* self, sd_bus_error* error);

    Time look_;
    std::deque<Event> events_;
    // Last: it is closed before what its callbacks write to.
    bus::Connection bus_;
};

}  // namespace agent::client
