// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/bus/handles.hpp"
#include "agent/model/result.hpp"

namespace agent::systemd {

using bus::BusError;
using bus::Message;
using bus::Slot;

/// What a failed call means; `result` is the negative errno that came with it.
[[nodiscard]] model::Error told(const BusError& error, const std::string& what, int result);

/// A connection to systemd: the system bus, or systemd's private socket where there is no bus.
class Bus {
  public:
    using Timeout = std::chrono::milliseconds;
    /// `timeout` bounds the connecting, and every call that has no other bound.
    [[nodiscard]] static model::Result<Bus> connect(Timeout timeout);
    /// The system bus or nothing, for others than systemd's manager.
    [[nodiscard]] static model::Result<Bus> connect_system(Timeout timeout);

    [[nodiscard]] sd_bus* get() const { return bus_.get(); }
    /// False once the connection was lost.
    [[nodiscard]] bool is_open() const { return sd_bus_is_open(bus_.get()) > 0; }

    /// A call of the manager's method, to which arguments can be appended.
    [[nodiscard]] model::Result<Message> manager_call(const char* method) const;
    /// Sends it and waits for the answer. `what` is for the error text.
    [[nodiscard]] model::Result<Message> call(const Message& request, const std::string& what,
                                              Timeout timeout = Timeout::zero()) const;
    [[nodiscard]] model::Result<std::string> manager_string(const char* property) const;
    [[nodiscard]] model::Result<std::vector<std::string>> manager_strings(
        const char* property) const;
    /// Asks for signals; asking again is no failure.
    [[nodiscard]] model::Result<> subscribe() const;

  private:
    explicit Bus(sd_bus* bus) : bus_(bus) {}
    bus::Connection bus_;
};

/// Appends an array of strings; a negative errno is a failure.
[[nodiscard]] int append_strings(sd_bus_message* message, const std::vector<std::string>& strings);

inline constexpr const char* kService = "org.freedesktop.systemd1";
inline constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
inline constexpr const char* kManagerInterface = "org.freedesktop.systemd1.Manager";

}  // namespace agent::systemd
