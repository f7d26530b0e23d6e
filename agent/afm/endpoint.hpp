// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <map>
#include <string>

#include "agent/afm/pending_call.hpp"

namespace agent::afm {

/// A name of the interface on a bus, and its one object: org.AGL.afm.NAME, /org/AGL/afm/NAME. Every
/// method takes a string with JSON and returns one.
class Endpoint {
  public:
    using Handler = std::function<void(const PendingCall& call, const Json& input)>;

    /// `bus` outlives it.
    Endpoint(sd_bus* bus, const std::string& name)
        : bus_(bus), interface_("org.AGL.afm." + name), path_("/org/AGL/afm/" + name) {}
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    void add(const std::string& member, Handler handler) { handlers_[member] = std::move(handler); }
    /// Serves the object, then takes the name. ErrorCode::conflict where another one has it.
    [[nodiscard]] model::Result<> publish();
    /// The signal `changed`.
    void tell_changed(const std::string& json) const;
    /// Whether a call waits for its answer.
    [[nodiscard]] bool is_answering() const { return calls_.use_count() > 1; }
    /// org.freedesktop.DBus.Introspectable's document.
    [[nodiscard]] std::string introspection() const;

  private:
    static int on_message(sd_bus_message* message, void* self, sd_bus_error* error);
    int handle(sd_bus_message* message) const;

    sd_bus* bus_;
    std::string interface_;
    std::string path_;
    std::map<std::string, Handler> handlers_;
    /// Every call that is open has a reference.
    std::shared_ptr<void> calls_ = std::make_shared<char>();
    bus::Slot slot_;
};

}  // namespace agent::afm
