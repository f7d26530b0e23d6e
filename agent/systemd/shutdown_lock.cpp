// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/shutdown_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "agent/systemd/error_map.hpp"

namespace agent::systemd {

namespace {

using model::Result;

constexpr const char* kWhat = "asking logind to hold back a shutdown";

/// logind ends the lock when the descriptor is closed, so also when the process dies.
class HeldLock : public host::Inhibition {
  public:
    explicit HeldLock(int descriptor) : descriptor_(descriptor) {}
    ~HeldLock() override { ::close(descriptor_); }

  private:
    int descriptor_;
};

int new_request(const Bus& bus, const ShutdownLock& lock, sd_bus_message** request) {
    int result = sd_bus_message_new_method_call(bus.get(), request, kLogind, kLogindPath,
                                                kLogindInterface, "Inhibit");
    if (result >= 0) result = sd_bus_message_set_auto_start(*request, 0);
    if (result >= 0)
        result = sd_bus_message_append(*request, "ssss", lock.what, "update-agent",
                                       lock.why.c_str(), lock.mode);
    return result;
}

/// The reply's own descriptor is closed with it.
int read_descriptor(sd_bus_message* reply) {
    int descriptor = -1;
    const int result = sd_bus_message_read(reply, "h", &descriptor);
    if (result < 0) return result;
    const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    return own < 0 ? -errno : own;
}

}  // namespace

Result<std::unique_ptr<host::Inhibition>> take_shutdown_lock(const Bus& bus,
                                                             const ShutdownLock& lock) {
    sd_bus_message* raw = nullptr;
    const int made = new_request(bus, lock, &raw);
    const Message request(raw);
    if (made < 0) return model::fail(bus_error(kWhat, {}, {}, -made));
    TRY_ASSIGN(const Message reply, bus.call(request, kWhat));
    const int descriptor = read_descriptor(reply.get());
    if (descriptor < 0) return model::fail(bus_error(kWhat, {}, {}, -descriptor));
    return std::make_unique<HeldLock>(descriptor);
}

}  // namespace agent::systemd
