// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <systemd/sd-bus.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "tests/unit/temporary_directory.hpp"

namespace test {

/// A system bus for one connection at a time, and all services on it: it greets, and gives every
/// other call to `answer`. This process takes it for the system bus while it lives.
class FakeSystemBus {
  public:
    /// Replies to the call, or does not; a negative errno is the reply.
    using Answer = std::function<int(sd_bus_message* call)>;

    /// Without an answer it lets connect, and then says nothing at all.
    explicit FakeSystemBus(Answer answer);
    ~FakeSystemBus();
    FakeSystemBus(const FakeSystemBus&) = delete;
    FakeSystemBus& operator=(const FakeSystemBus&) = delete;

  private:
    void serve();
    void talk(int connection);
    static int on_message(sd_bus_message* message, void* self, sd_bus_error* error);

    Answer answer_;
    TemporaryDirectory directory_;
    std::string address_before_;
    int listening_ = -1;
    std::atomic<bool> ended_ = false;
    std::thread thread_;
};

}  // namespace test
