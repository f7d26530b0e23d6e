// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/signals.hpp"

#include <csignal>

namespace agent::cli {

namespace {

volatile std::sig_atomic_t cancelled = 0;

void note(int /*signal*/) {
    // More than twice means no more, and does not overflow.
    cancelled = cancelled == 0 ? 1 : 2;
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
}

}  // namespace

void catch_signals() {
    handle(SIGINT, note);
    handle(SIGTERM, note);
    handle(SIGHUP, SIG_IGN);
    handle(SIGPIPE, SIG_IGN);
}

void end_at_once() {
    handle(SIGTERM, SIG_DFL);
}

bool cancellation_requested() {
    return cancelled != 0;
}

unsigned cancellation_requests() {
    return static_cast<unsigned>(cancelled);
}

}  // namespace agent::cli
