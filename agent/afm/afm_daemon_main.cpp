// SPDX-License-Identifier: GPL-3.0-or-later
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "agent/afm/options.hpp"
#include "agent/afm/system_daemon.hpp"
#include "agent/afm/user_daemon.hpp"
#include "agent/bus/authority.hpp"

namespace {

using namespace agent;
using model::Result;

struct Unref {
    void operator()(sd_event* event) const { sd_event_unref(event); }
};
using Event = std::unique_ptr<sd_event, Unref>;

Result<> check(int result, const char* what) {
    if (result < 0) return model::fail(model::errno_error(-result, what));
    return {};
}

Result<Event> make_event() {
    sd_event* raw = nullptr;
    TRY(check(sd_event_new(&raw), "cannot make an event loop"));
    Event event(raw);
    for (const int signal : {SIGTERM, SIGINT}) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, signal);
        sigprocmask(SIG_BLOCK, &set, nullptr);
        TRY(check(sd_event_add_signal(raw, nullptr, signal, nullptr, nullptr), "signals"));
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

Result<> loop(sd_event* event, const afm::DaemonOptions& options) {
    if (options.verbosity > 0) std::fputs("ready\n", stderr);
    return check(sd_event_loop(event), "the event loop");
}

Result<> serve_system(const afm::DaemonOptions& options) {
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
    TRY(daemon.publish());
    return loop(event.get(), options);
}

Result<> serve_user(const afm::DaemonOptions& options) {
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
    return loop(event.get(), options);
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
    const auto served =
        options->role == afm::Role::user ? serve_user(*options) : serve_system(*options);
    return served ? 0 : fail(served.error(), 1);
}
