// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::systemd {

struct Unref {
    // Every call has waited for its answer; a flush would wait 90 s for a bus that does not greet.
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
    void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;
using Slot = std::unique_ptr<sd_bus_slot, Unref>;

/// A D-Bus error, and what to free of it.
class BusError {
  public:
    BusError() = default;
    BusError(const BusError&) = delete;
    BusError& operator=(const BusError&) = delete;
    ~BusError() { sd_bus_error_free(&error_); }
    [[nodiscard]] sd_bus_error* get() { return &error_; }
    /// `result` is the negative errno that came with it.
    [[nodiscard]] model::Error told(const std::string& what, int result) const;

  private:
    // As SD_BUS_ERROR_NULL, which is a C99 literal that clang refuses in C++.
    sd_bus_error error_{};
};

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
    std::unique_ptr<sd_bus, Unref> bus_;
};

/// Appends an array of strings; a negative errno is a failure.
[[nodiscard]] int append_strings(sd_bus_message* message, const std::vector<std::string>& strings);

inline constexpr const char* kService = "org.freedesktop.systemd1";
inline constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
inline constexpr const char* kManagerInterface = "org.freedesktop.systemd1.Manager";

}  // namespace agent::systemd
