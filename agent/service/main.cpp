// SPDX-License-Identifier: GPL-3.0-or-later
// The service on the bus; units/update-agent.service starts it, and it ends when nobody has needed
// it for 30 seconds, or for as many as its argument says.
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "agent/bus/names.hpp"
#include "agent/service/front.hpp"
#include "agent/store/atomic_file.hpp"

namespace {

using namespace agent;
using model::Result;

constexpr const char* kRuntimeDirectory = "/run/update-agent";

Result<> checked(int result, const char* what) {
    if (result < 0) return model::fail(model::errno_error(-result, what));
    return {};
}

/// The event loop, and what ends it.
struct Loop {
    sd_event* event = nullptr;
    sd_bus* bus = nullptr;
    service::Front* front = nullptr;
    std::uint64_t idle_us = 0;
    std::uint64_t last_message = 0;
    bus::EventSource signals = nullptr;
    bus::EventSource status = nullptr;
    bus::EventSource idle = nullptr;
    /// Nobody needs it, or it is told to end.
    bool leaving = false;
    bool told_to_end = false;

    [[nodiscard]] std::uint64_t now() const {
        std::uint64_t time = 0;
        sd_event_now(event, CLOCK_MONOTONIC, &time);
        return time;
    }
};

int on_message(sd_bus_message* /*message*/, void* data, sd_bus_error* /*error*/) {
    auto& loop = *static_cast<Loop*>(data);
    loop.last_message = loop.now();
    return 0;
}

int on_idle(sd_event_source* source, std::uint64_t /*time*/, void* data) {
    auto& loop = *static_cast<Loop*>(data);
    const bool idle = !loop.front->is_working() && loop.now() - loop.last_message >= loop.idle_us;
    if (idle) {
        loop.leaving = true;
        return 0;
    }
    sd_event_source_set_time(source, loop.now() + loop.idle_us);
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int on_signal(sd_event_source* /*source*/, const signalfd_siginfo* /*signal*/, void* data) {
    auto& loop = *static_cast<Loop*>(data);
    loop.leaving = loop.told_to_end = true;
    return 0;
}

int on_status(sd_event_source* /*source*/, const inotify_event* event, void* data) {
    if (event->len == 0 || std::string(event->name) != "status.json") return 0;
    const auto text = store::read_file(std::string(kRuntimeDirectory) + "/status.json");
    static_cast<service::Front*>(data)->take_state(text.value_or(""));
    return 0;
}

Result<> follow(Loop& loop) {
    sd_event_source* source = nullptr;
    TRY(checked(sd_event_add_signal(loop.event, &source, SIGTERM | SD_EVENT_SIGNAL_PROCMASK,
                                    on_signal, &loop),
                "waiting for signals"));
    loop.signals.reset(source);
    TRY(checked(sd_event_add_inotify(loop.event, &source, kRuntimeDirectory, IN_MOVED_TO, on_status,
                                     loop.front),
                "watching /run/update-agent"));
    loop.status.reset(source);
    const auto text = store::read_file(std::string(kRuntimeDirectory) + "/status.json");
    loop.front->take_state(text.value_or(""));
    TRY(checked(sd_bus_add_filter(loop.bus, nullptr, on_message, &loop), "following the bus"));
    loop.last_message = loop.now();
    TRY(checked(sd_event_add_time_relative(loop.event, &source, CLOCK_MONOTONIC, loop.idle_us,
                                           loop.idle_us / 10, on_idle, &loop),
                "counting the time"));
    loop.idle.reset(source);
    return {};
}

/// Whether somebody waits for an answer, or a job for its turn. Jobs that run go on without us.
bool is_needed(const Loop& loop) {
    return loop.told_to_end ? loop.front->is_asking() : loop.front->is_working();
}

/// A call that comes now starts the service anew; who called in the last moment is answered.
Result<> leave(Loop& loop) {
    sd_notify(0, "STOPPING=1");
    sd_bus_release_name(loop.bus, bus::kName);
    while (sd_bus_process(loop.bus, nullptr) > 0) {
    }
    while (is_needed(loop))
        TRY(checked(sd_event_run(loop.event, UINT64_MAX), "serving"));
    sd_bus_flush(loop.bus);
    return {};
}

Result<> serve(Loop& loop, service::Runner& runner) {
    TRY(loop.front->serve(runner));
    TRY(runner.load());
    TRY(follow(loop));
    TRY(checked(sd_bus_attach_event(loop.bus, loop.event, SD_EVENT_PRIORITY_NORMAL),
                "following the bus"));
    TRY(checked(sd_bus_set_exit_on_disconnect(loop.bus, 1), "following the bus"));
    TRY(checked(sd_bus_request_name(loop.bus, bus::kName, 0), "taking the name org.updateagent"));
    sd_notify(0, "READY=1");
    runner.schedule();
    // Where the bus is gone, systemd starts the service again, which finds its jobs.
    while (!loop.leaving)
        TRY(checked(sd_event_run(loop.event, UINT64_MAX), "serving"));
    return leave(loop);
}

Result<> run(std::uint64_t idle_us) {
    sd_bus* bus = nullptr;
    sd_event* event = nullptr;
    TRY(checked(sd_event_new(&event), "making an event loop"));
    const bus::Event owned(event);
    TRY(checked(sd_bus_open_system(&bus), "reaching the system bus"));
    const bus::Connection connection(bus);
    const auto jobs = std::string(kRuntimeDirectory) + "/jobs";
    TRY(store::make_directories(jobs));
    // What was asked for is told by the bus.
    std::error_code error;
    std::filesystem::permissions(jobs, std::filesystem::perms::owner_all, error);
    if (error) return model::fail(model::errno_error(error.value(), jobs));
    service::Front front(bus, store::Paths("/"));
    service::Runner runner(event, bus, service::JobFiles(jobs), UPDATE_AGENT_PROGRAM, front);
    Loop loop{.event = event, .bus = bus, .front = &front, .idle_us = idle_us};
    return serve(loop, runner);
}

}  // namespace

int main(int argc, char** argv) {
    constexpr std::uint64_t kSecond = 1'000'000;
    const auto seconds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 30;
    const auto result = run((seconds == 0 ? 30 : seconds) * kSecond);
    if (result) return 0;
    std::fprintf(stderr, "<3>update-agent-service: %s\n", result.error().text().c_str());
    return 1;
}
