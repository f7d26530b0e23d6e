// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include <memory>

namespace agent::bus {

struct Unref {
    // Who needs a flush does it before; it would wait 90 s for a bus that does not greet.
    void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
    void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
    void operator()(sd_event* event) const { sd_event_unref(event); }
    void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
};
using Connection = std::unique_ptr<sd_bus, Unref>;
using Message = std::unique_ptr<sd_bus_message, Unref>;
using Slot = std::unique_ptr<sd_bus_slot, Unref>;
/// Before the connections that are attached to it.
using Event = std::unique_ptr<sd_event, Unref>;
using EventSource = std::unique_ptr<sd_event_source, Unref>;

/// A D-Bus error, and what to free of it.
class BusError {
  public:
    BusError() = default;
    BusError(const BusError&) = delete;
    BusError& operator=(const BusError&) = delete;
    ~BusError() { sd_bus_error_free(&error_); }
    [[nodiscard]] sd_bus_error* get() { return &error_; }
    /// Empty where there is none.
    [[nodiscard]] const char* name() const { return error_.name == nullptr ? "" : error_.name; }
    [[nodiscard]] const char* message() const {
        return error_.message == nullptr ? "" : error_.message;
    }

  private:
    // As SD_BUS_ERROR_NULL, which is a C99 literal that clang refuses in C++.
    sd_bus_error error_{};
};

}  // namespace agent::bus
