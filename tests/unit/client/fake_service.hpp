// SPDX-License-Identifier: GPL-3.0-or-later
// org.updateagent on a bus of its own, as the bus daemon and the service would answer.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "tests/unit/systemd/fake_system_bus.hpp"

namespace test {

/// What answers one call: it is given the service, and the call.
class FakeService;
using Handler = std::function<int(FakeService&, sd_bus_message* call)>;

/// Job 7 of a service whose methods are handlers of the test, run by the bus's thread. It notes the
/// calls that it gets, in their order.
class FakeService {
  public:
    /// Whatever begins a job, GetAll of its properties, and Cancel.
    struct Handlers {
        Handler begin;
        Handler properties = [](FakeService& self, sd_bus_message* call) {
            return self.refuse(call, "org.freedesktop.DBus.Error.UnknownObject");
        };
        Handler cancel = [](FakeService& self, sd_bus_message* call) { return self.reply(call); };
        /// Of the bus daemon.
        Handler start = [](FakeService& self, sd_bus_message* call) {
            return self.reply(call, "u", 1U);
        };
    };
    explicit FakeService(Handlers handlers);

    /// What was called so far: names of methods.
    [[nodiscard]] std::vector<std::string> calls() const;

    // For handlers.

    template <typename... Values>
    int reply(sd_bus_message* call, const char* types = nullptr, Values... values) {
        sd_bus_message* raw = nullptr;
        int result = sd_bus_message_new_method_return(call, &raw);
        if constexpr (sizeof...(values) > 0)
            if (result >= 0) result = sd_bus_message_append(raw, types, values...);
        return send(call, raw, result);
    }
    int refuse(sd_bus_message* call, const char* name, const char* message = "no");
    int begin(sd_bus_message* call) { return reply(call, "o", "/org/updateagent/job/7"); }
    /// As properties of the job; whoever has not ended has -1.
    int state(sd_bus_message* call, const char* state, int exit_code = -1,
              const char* document = "", const char* text = "");
    int progress(sd_bus_message* call, const char* record, const char* path = kJob);
    int ended(sd_bus_message* call, int exit_code, const char* document, const char* text);
    /// The name goes from this service to another one, or to nobody.
    int change_hands(sd_bus_message* call, const char* to);

    static constexpr const char* kJob = "/org/updateagent/job/7";
    /// Unique name under which it speaks.
    std::string speaker = ":1.2";

  private:
    int answer(sd_bus_message* call);
    int handle(sd_bus_message* call);
    int send(sd_bus_message* call, sd_bus_message* message, int result);
    int signal(sd_bus_message* call, const char* member, const std::function<int(sd_bus_message*)>&,
               const char* path);

    Handlers handlers_;
    mutable std::mutex mutex_;
    std::vector<std::string> calls_;
    // Last: its thread ends before what it works with.
    FakeSystemBus bus_;
};

}  // namespace test
