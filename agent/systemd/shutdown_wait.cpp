// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/shutdown_wait.hpp"

#include <systemd/sd-daemon.h>

#include <cerrno>
#include <limits>

#include "agent/bus/authority.hpp"
#include "agent/systemd/error_map.hpp"
#include "agent/systemd/shutdown_lock.hpp"

namespace agent::systemd {

namespace {

using model::Result;

constexpr const char* kWaiting = "waiting for a shutdown";

int on_prepare(sd_bus_message* signal, void* announced, sd_bus_error* /*error*/) {
    // Anybody may send a signal to a connection whose name he knows.
    const auto sender = bus::sender_uid(signal);
    int begins = 0;
    if (sender && *sender == 0 && sd_bus_message_read(signal, "b", &begins) >= 0 && begins != 0)
        *static_cast<bool*>(announced) = true;
    return 0;
}

}  // namespace

Result<std::unique_ptr<host::Inhibition>> wait_for_shutdown(const Bus& bus,
                                                            const std::string& why) {
    bool announced = false;
    sd_bus_slot* slot = nullptr;
    int result = sd_bus_match_signal(bus.get(), &slot, kLogind, kLogindPath, kLogindInterface,
                                     "PrepareForShutdown", on_prepare, &announced);
    const Slot match(slot);
    if (result < 0) return model::fail(bus_error(kWaiting, {}, {}, -result));
    TRY_ASSIGN(auto lock,
               take_shutdown_lock(bus, {.what = "shutdown", .why = why, .mode = "delay"}));
    sd_notify(0, "READY=1");
    while (!announced) {
        result = sd_bus_process(bus.get(), nullptr);
        if (result == 0) result = sd_bus_wait(bus.get(), std::numeric_limits<std::uint64_t>::max());
        if (result < 0 && result != -EINTR)
            return model::fail(bus_error(kWaiting, {}, {}, -result));
    }
    return lock;
}

}  // namespace agent::systemd
