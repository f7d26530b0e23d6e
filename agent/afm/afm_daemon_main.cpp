// SPDX-License-Identifier: GPL-3.0-or-later
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <utility>

#include "agent/afm/options.hpp"
#include "agent/afm/say.hpp"
#include "agent/afm/system_daemon.hpp"
#include "agent/afm/user_daemon.hpp"
#include "agent/bus/authority.hpp"

namespace {

using namespace agent;
using model::Result;

Result<> check(int result, const char* what) {
    if (result < 0) return model::fail(model::errno_error(-result, what));
    return {};
}

Result<bus::Event> make_event() {
    sd_event* raw = nullptr;
    TRY(check(sd_event_new(&raw), "cannot make an event loop"));
    bus::Event event(raw);
    for (const int signal : {SIGTERM, SIGINT}) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, signal);
        sigprocmask(SIG_BLOCK, &set, nullptr);
        TRY(check(sd_event_add_signal(raw, nullptr, signal, nullptr, nullptr),
                  "cannot handle signals"));
    }
    // There is nothing that could be read again: every call reads what is installed.
    std::signal(SIGHUP, SIG_IGN);
    return event;
}

Result<bus::Connection> open_bus(int (*open)(sd_bus**), sd_event* event, const char* what) {
    sd_bus* raw = nullptr;
    const int opened = open(&raw);
    bus::Connection connection(raw);
    TRY(check(opened, what));
    TRY(check(sd_bus_attach_event(raw, event, SD_EVENT_PRIORITY_NORMAL), what));
    // Bounds what is asked of systemd; jobs have bounds of their own.
    constexpr std::uint64_t kTimeout = 10'000'000;
    TRY(check(sd_bus_set_method_call_timeout(raw, kTimeout), what));
    TRY(check(sd_bus_set_exit_on_disconnect(raw, 1), what));
    return connection;
}

/// The status to end with.
Result<int> loop(sd_event* event) {
    afm::say(1, "ready");
    const int status = sd_event_loop(event);
    TRY(check(status, "the event loop"));
    return status;
}

/// Ends the loop once nobody has called for a while; a call that comes then starts the daemon anew.
class Idle {
  public:
    Idle(sd_event* event, sd_bus* bus, const afm::SystemDaemon& daemon)
        : event_(event), bus_(bus), daemon_(daemon) {}

    Result<> watch() {
        TRY(check(sd_bus_add_filter(bus_, nullptr, on_message, this), "following the bus"));
        return check(sd_event_add_time_relative(event_, nullptr, CLOCK_MONOTONIC, kIdle, kIdle / 10,
                                                on_time, this),
                     "counting the time");
    }

  private:
    static constexpr std::uint64_t kIdle = 30'000'000;

    static int on_message(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
        if (sd_bus_message_is_method_call(message, nullptr, nullptr) > 0)
            static_cast<Idle*>(self)->called_ = true;
        return 0;
    }
    static int on_time(sd_event_source* source, std::uint64_t now, void* self) {
        auto& idle = *static_cast<Idle*>(self);
        if (!std::exchange(idle.called_, false) && !idle.daemon_.is_working()) idle.leave();
        sd_event_source_set_time(source, now + kIdle);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    }
    void leave() {
        if (!left_) {
            sd_notify(0, "STOPPING=1");
            sd_bus_release_name(bus_, afm::SystemDaemon::kName);
        }
        left_ = true;
        // Who called in the last moment is answered first.
        while (sd_bus_process(bus_, nullptr) > 0 && !daemon_.is_working()) {
        }
        if (daemon_.is_working()) return;
        sd_bus_flush(bus_);
        sd_event_exit(event_, 0);
    }

    sd_event* event_;
    sd_bus* bus_;
    const afm::SystemDaemon& daemon_;
    bool called_ = false;
    bool left_ = false;
};

Result<int> serve_system() {
    TRY_ASSIGN(const auto event, make_event());
    TRY_ASSIGN(const auto system,
               open_bus(sd_bus_open_system, event.get(), "cannot reach the system bus"));
    bus::Authority authority;
    const auto authorise = [&authority](sd_bus_message* call, const char* action,
                                        std::function<void(Result<>)> then) {
        authority.check(call, action, std::move(then));
    };
    afm::Jobs jobs(system.get(), event.get());
    TRY(jobs.watch());
    afm::SystemDaemon daemon(system.get(), jobs, authorise, store::Paths("/"));
    Idle idle(event.get(), system.get(), daemon);
    TRY(idle.watch());
    TRY(daemon.publish());
    sd_notify(0, "READY=1");
    return loop(event.get());
}

Result<int> serve_user() {
    TRY_ASSIGN(const auto event, make_event());
    TRY_ASSIGN(const auto system,
               open_bus(sd_bus_open_system, event.get(), "cannot reach the system bus"));
    TRY_ASSIGN(const auto session,
               open_bus(sd_bus_open_user, event.get(), "cannot reach the session bus"));
    afm::Jobs jobs(system.get(), event.get());
    TRY(jobs.watch());
    afm::UserDaemon daemon({.session = session.get(), .system = system.get()}, jobs,
                           store::Paths("/"));
    TRY(daemon.publish());
    return loop(event.get());
}

int fail(const model::Error& error, int status) {
    std::fprintf(stderr, "%s\n", error.text().c_str());
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options =
        afm::daemon_options(argc > 0 ? argv[0] : "", {argv + (argc > 0 ? 1 : 0), argv + argc});
    if (!options) return fail(options.error(), 2);
    if (options->help) {
        std::fputs(afm::daemon_help(options->role).c_str(), stdout);
        return 0;
    }
    if (options->daemonize && ::daemon(0, 1) != 0)
        return fail(model::errno_error(errno, "cannot go into the background"), 1);
    afm::set_verbosity(options->verbosity);
    const auto served = options->role == afm::Role::user ? serve_user() : serve_system();
    return served ? *served : fail(served.error(), 1);
}
