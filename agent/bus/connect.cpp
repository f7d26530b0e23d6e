// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bus/connect.hpp"

#include <cerrno>

namespace agent::bus {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Waits until the connection can be used. sd-bus's own bounds of that are 25 and 90 s.
int greet(sd_bus* bus, milliseconds timeout) {
    const auto deadline = steady_clock::now() + timeout;
    int result = 0;
    while (result >= 0 && (result = sd_bus_is_ready(bus)) == 0) {
        result = sd_bus_process(bus, nullptr);
        if (result != 0) continue;
        const auto left = duration_cast<milliseconds>(deadline - steady_clock::now());
        if (left <= milliseconds::zero()) return -ETIMEDOUT;
        result = sd_bus_wait(bus, microseconds_of(left));
        if (result == -EINTR) result = 0;
    }
    return result;
}

}  // namespace

std::uint64_t microseconds_of(milliseconds time) {
    const auto count = microseconds(time).count();
    return count > 0 ? static_cast<std::uint64_t>(count) : 0;
}

int open_system(Connection& connection, milliseconds timeout) {
    sd_bus* raw = nullptr;
    int result = sd_bus_open_system(&raw);
    connection.reset(raw);
    if (result >= 0) result = sd_bus_set_method_call_timeout(raw, microseconds_of(timeout));
    return result < 0 ? result : greet(raw, timeout);
}

}  // namespace agent::bus
