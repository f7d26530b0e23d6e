// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/client/password_agent.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace agent::client {

namespace {

/// Signals that this process handles or ignores do to the program what they do to any.
void restore_signals(posix_spawnattr_t& attributes) {
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
        sigaddset(&defaults, each);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
}

/// The process, or -1. It closes `ready` once it can be asked.
pid_t start(const std::string& program, int ready) {
    const std::string self = std::to_string(::getpid());
    const std::string descriptor = std::to_string(ready);
    const std::array<const char*, 7> words = {program.c_str(), "--process",        self.c_str(),
                                              "--notify-fd",   descriptor.c_str(), "--fallback",
                                              nullptr};
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    restore_signals(attributes);
    // To itself, which is how a descriptor stays open there.
    posix_spawn_file_actions_adddup2(&actions, ready, ready);
    pid_t process = -1;
    const int result = ::posix_spawnp(&process, program.c_str(), &actions, &attributes,
                                      const_cast<char* const*>(words.data()), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return result == 0 ? process : -1;
}

}  // namespace

PasswordAgent::PasswordAgent(const std::string& program, std::chrono::milliseconds bound) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    process_ = start(program, ends[1]);
    ::close(ends[1]);
    // Asked before it has told polkit of itself, polkit would refuse at once.
    pollfd ready{.fd = ends[0], .events = 0, .revents = 0};
    if (process_ > 0) ::poll(&ready, 1, static_cast<int>(bound.count()));
    ::close(ends[0]);
}

PasswordAgent::~PasswordAgent() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::kill(process_, SIGCONT);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace agent::client
