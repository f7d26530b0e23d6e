// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/shutdown_lock.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "agent/systemd/systemd_bus.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/systemd/fake_system_bus.hpp"

using namespace std::chrono_literals;
using agent::systemd::SystemdBus;
using agent::systemd::SystemdOptions;
using std::chrono::steady_clock;
using test::FakeSystemBus;

namespace {

SystemdOptions with_bound(std::chrono::milliseconds bound) {
    SystemdOptions options;
    options.logind_timeout = bound;
    return options;
}

/// logind, which sees at its end of a pipe who holds the other one.
class FakeLogind {
  public:
    FakeLogind() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
    ~FakeLogind() { ::close(ends_[0]); }
    FakeLogind(const FakeLogind&) = delete;
    FakeLogind& operator=(const FakeLogind&) = delete;

    int answer(sd_bus_message* call) {
        if (sd_bus_message_is_method_call(call, "org.freedesktop.login1.Manager", "Inhibit") <= 0)
            return -EBADRQC;
        may_start_ = sd_bus_message_get_auto_start(call);
        std::array<const char*, 4> words{};
        const int read =
            sd_bus_message_read(call, "ssss", &words[0], &words[1], &words[2], &words[3]);
        if (read < 0) return read;
        asked = std::string(words[0]) + "|" + words[1] + "|" + words[2] + "|" + words[3];
        const int result = sd_bus_reply_method_return(call, "h", ends_[1]);
        ::close(ends_[1]);
        return result;
    }
    /// Whether the other end is closed everywhere within this time.
    [[nodiscard]] bool is_free_within(std::chrono::milliseconds time) const {
        pollfd wanted{.fd = ends_[0], .events = 0, .revents = 0};
        return ::poll(&wanted, 1, static_cast<int>(time.count())) > 0;
    }
    [[nodiscard]] bool may_start() const { return may_start_ != 0; }

    std::string asked;

  private:
    std::array<int, 2> ends_{};
    int may_start_ = 1;
};

}  // namespace

TEST_CASE("Shutdown is held back until the lock is gone") {
    FakeLogind logind;
    const FakeSystemBus bus([&](sd_bus_message* call) { return logind.answer(call); });
    SystemdBus systemd(with_bound(10s));

    auto lock = systemd.inhibit_shutdown("bundles are being replaced");
    REQUIRE(lock);
    CHECK(logind.asked == "shutdown:sleep|update-agent|bundles are being replaced|block");
    CHECK_FALSE(logind.may_start());
    CHECK_FALSE(logind.is_free_within(100ms));
    lock->reset();
    CHECK(logind.is_free_within(10s));
}

TEST_CASE("Where logind is not there, the text says what was asked for") {
    const FakeSystemBus bus([](sd_bus_message* call) {
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_SERVICE_UNKNOWN, "not there");
    });
    const auto lock = SystemdBus(with_bound(10s)).inhibit_shutdown("why");
    REQUIRE_FALSE(lock);
    CHECK(lock.error().text() == "asking logind to hold back a shutdown: not there");
}

TEST_CASE("An answer that is no descriptor is an error") {
    const FakeSystemBus bus(
        [](sd_bus_message* call) { return sd_bus_reply_method_return(call, "s", "text"); });
    const auto lock = SystemdBus(with_bound(10s)).inhibit_shutdown("why");
    REQUIRE_FALSE(lock);
    CHECK(lock.error().text().find("asking logind to hold back a shutdown") == 0);
}

TEST_CASE("Whoever does not answer is not waited for any longer than the bound") {
    struct Row {
        const char* what;
        FakeSystemBus::Answer answer;
        const char* text;
    };
    const auto row = GENERATE(values<Row>({
        {"a bus that says nothing", nullptr, "cannot reach the system bus"},
        {"a logind that says nothing", [](sd_bus_message*) { return 1; },
         "asking logind to hold back a shutdown"},
    }));
    INFO(row.what);
    const FakeSystemBus bus(row.answer);
    const auto before = steady_clock::now();
    const auto lock = SystemdBus(with_bound(200ms)).inhibit_shutdown("why");
    CHECK(steady_clock::now() - before < 10s);
    REQUIRE_FALSE(lock);
    CHECK(lock.error().text() == std::string(row.text) + ": systemd did not answer in time");
}

TEST_CASE("A machine without a bus holds nothing back, and says so") {
    const test::TemporaryDirectory directory;
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS",
             ("unix:path=" + (directory.path() / "none").string()).c_str(), 1);
    const auto lock = SystemdBus(with_bound(10s)).inhibit_shutdown("why");
    ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
    REQUIRE_FALSE(lock);
    CHECK(lock.error().text() == "cannot reach the system bus: No such file or directory");
}
