// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/json_progress.hpp"

#include <poll.h>
#include <syslog.h>
#include <unistd.h>

#include <cstdio>

#include "agent/cli/json_output.hpp"

namespace agent::cli {

namespace {

constexpr std::chrono::milliseconds kBytesInterval{100};

bool is_read() {
    pollfd descriptor{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    return ::poll(&descriptor, 1, 0) == 1;
}

}  // namespace

void tell_record(const std::string& line) {
    if (!is_read()) return;
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
}

void JsonProgress::plan(const operations::Outcome& planned) {
    tell_record(json::plan_record(planned));
}

void JsonProgress::effect(std::string_view phase, std::size_t done, std::size_t total) {
    tell_record(json::effect_record(phase, done, total));
}

void JsonProgress::step(const std::string& what) {
    tell_record(json::step_record(what));
}

void JsonProgress::bytes(std::uint64_t done, std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_bytes_ < kBytesInterval && done < total) return;
    last_bytes_ = now;
    tell_record(json::bytes_record(done, total));
}

void JsonProgress::warning(const std::string& text) {
    tell_record(json::warning_record(text));
    // The machine's log keeps what an admin was warned of.
    ::syslog(LOG_DAEMON | LOG_WARNING, "%s", text.c_str());
}

}  // namespace agent::cli
