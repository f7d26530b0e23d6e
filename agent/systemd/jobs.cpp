// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/jobs.hpp"

#include <cerrno>

#include "agent/systemd/error_map.hpp"

namespace agent::systemd {

namespace {

using model::Result;
using std::chrono::steady_clock;

int on_job_removed(sd_bus_message* message, void* book, sd_bus_error*) {
    const char* path = nullptr;
    const char* result = nullptr;
    if (sd_bus_message_read(message, "uoss", nullptr, &path, nullptr, &result) >= 0)
        static_cast<JobBook*>(book)->removed(path, result);
    return 0;
}

Result<Slot> watch_jobs(const Bus& bus, JobBook& book) {
    TRY(bus.subscribe());
    sd_bus_slot* raw = nullptr;
    // Only from systemd: anybody may send such a signal on the system bus.
    // On systemd's private socket messages have no sender, and only root can be there.
    const char* const sender = sd_bus_is_bus_client(bus.get()) > 0 ? kService : nullptr;
    const int result = sd_bus_match_signal(bus.get(), &raw, sender, kManagerPath, kManagerInterface,
                                           "JobRemoved", on_job_removed, &book);
    if (result < 0) return model::fail(bus_error("cannot watch jobs", {}, {}, -result));
    return Slot(raw);
}

Result<> wait_for_jobs(const Bus& bus, const JobBook& book, Deadline deadline) {
    while (!book.all_ended()) {
        int result = sd_bus_process(bus.get(), nullptr);
        if (result > 0) continue;
        const auto left =
            std::chrono::ceil<std::chrono::microseconds>(deadline - steady_clock::now());
        if (result == 0 && left.count() <= 0) return {};
        if (result == 0) result = sd_bus_wait(bus.get(), static_cast<std::uint64_t>(left.count()));
        if (result < 0 && result != -EINTR)
            return model::fail(bus_error("waiting for jobs", {}, {}, -result));
    }
    return {};
}

}  // namespace

Result<std::string> queue_job(const Bus& bus, const char* method, const std::string& unit) {
    const std::string what = std::string(method) + " " + unit;
    TRY_ASSIGN(const Message request, bus.manager_call(method));
    int result = sd_bus_message_append(request.get(), "ss", unit.c_str(), "replace");
    if (result < 0) return model::fail(bus_error(what, {}, {}, -result));
    TRY_ASSIGN(const Message reply, bus.call(request, what));
    const char* path = nullptr;
    result = sd_bus_message_read(reply.get(), "o", &path);
    if (result < 0) return model::fail(bus_error(what, {}, {}, -result));
    return std::string(path);
}

Result<std::vector<host::JobResult>> run_jobs(const Bus& bus, const char* method,
                                              const std::vector<std::string>& units,
                                              Deadline deadline, NotLoaded not_loaded) {
    JobBook book;
    // Before anything is queued: a job may end at once. Its slot goes before the book does.
    TRY_ASSIGN(const Slot watch, watch_jobs(bus, book));
    for (const auto& unit : units) {
        auto path = queue_job(bus, method, unit);
        if (path)
            book.queued(unit, std::move(*path));
        else if (path.error().code() == model::ErrorCode::not_found &&
                 not_loaded == NotLoaded::done)
            book.done(unit);
        else
            return model::fail(path.error());
    }
    TRY(wait_for_jobs(bus, book, deadline));
    return book.results();
}

}  // namespace agent::systemd
