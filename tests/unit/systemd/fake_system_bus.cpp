// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/systemd/fake_system_bus.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <stdexcept>

namespace test {

namespace {

constexpr const char* kVariable = "DBUS_SYSTEM_BUS_ADDRESS";
/// How often the thread looks whether it shall end.
constexpr int kLookMilliseconds = 10;

void expect(bool happened, const char* what) {
    if (!happened) throw std::runtime_error(what);
}

int listen_at(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    expect(path.size() < sizeof address.sun_path, "the socket's path is too long");
    path.copy(address.sun_path, path.size());
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    expect(::bind(socket, generic, sizeof address) == 0 && ::listen(socket, 4) == 0, "listen");
    return socket;
}

bool readable(int descriptor) {
    pollfd wanted{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, kLookMilliseconds) > 0;
}

}  // namespace

FakeSystemBus::FakeSystemBus(Answer answer) : answer_(std::move(answer)) {
    const auto path = (directory_.path() / "bus").string();
    listening_ = listen_at(path);
    if (const char* before = std::getenv(kVariable)) address_before_ = before;
    ::setenv(kVariable, ("unix:path=" + path).c_str(), 1);
    thread_ = std::thread([this] { serve(); });
}

FakeSystemBus::~FakeSystemBus() {
    ended_ = true;
    thread_.join();
    ::close(listening_);
    if (address_before_.empty())
        ::unsetenv(kVariable);
    else
        ::setenv(kVariable, address_before_.c_str(), 1);
}

void FakeSystemBus::serve() {
    while (!ended_) {
        if (!answer_ || !readable(listening_)) {
            ::poll(nullptr, 0, answer_ ? 0 : kLookMilliseconds);
            continue;
        }
        const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection >= 0) talk(connection);
    }
}

void FakeSystemBus::talk(int connection) {
    sd_bus* bus = nullptr;
    sd_id128_t id{};
    int result = sd_bus_new(&bus);
    if (result >= 0) result = sd_id128_randomize(&id);
    if (result >= 0) result = sd_bus_set_server(bus, 1, id);
    if (result >= 0) result = sd_bus_set_fd(bus, connection, connection);
    if (result >= 0) result = sd_bus_add_filter(bus, nullptr, on_message, this);
    if (result >= 0) result = sd_bus_start(bus);
    while (result >= 0 && !ended_) {
        result = sd_bus_process(bus, nullptr);
        if (result == 0) result = sd_bus_wait(bus, kLookMilliseconds * 1000);
    }
    sd_bus_close_unref(bus);
}

int FakeSystemBus::on_message(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
    if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus", "Hello") > 0)
        return sd_bus_reply_method_return(message, "s", ":1.1");
    if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0) return 0;
    const int result = static_cast<FakeSystemBus*>(self)->answer_(message);
    return result < 0 ? result : 1;
}

}  // namespace test
