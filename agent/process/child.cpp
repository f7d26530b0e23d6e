// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/process/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <string_view>

namespace agent::process {

namespace {

using model::ErrorCode;
using model::Result;

struct Pipe {
    FileDescriptor read;
    FileDescriptor write;
};

Result<Pipe> make_pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return model::fail(model::errno_error(errno, "pipe"));
    Pipe pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
    // Only our end: programs don't expect EAGAIN on their standard output.
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        return model::fail(model::errno_error(errno, "pipe"));
    return pipe;
}

/// A file in memory that has the text, to be read from its beginning; /dev/null without one. Nobody
/// has to write while the program reads.
Result<FileDescriptor> input_of(const std::string& text) {
    if (text.empty()) {
        FileDescriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!nothing.is_open()) return model::fail(model::errno_error(errno, "/dev/null"));
        return nothing;
    }
    FileDescriptor file(memfd_create("input", MFD_CLOEXEC));
    if (!file.is_open()) return model::fail(model::errno_error(errno, "memfd_create"));
    for (std::size_t written = 0; written < text.size();) {
        const auto count = pwrite(file.get(), text.data() + written, text.size() - written,
                                  static_cast<off_t>(written));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return model::fail(model::errno_error(errno, "writing the input"));
        written += static_cast<std::size_t>(count);
    }
    return file;
}

/// The environment of this process with the command's changes, as execve(2) takes it.
class Environment {
  public:
    explicit Environment(const std::map<std::string, std::string>& changes) {
        for (const auto& [name, value] : changes)
            own_.emplace_back(name).append("=").append(value);
        for (auto& entry : own_)
            pointers_.push_back(entry.data());
        for (char** entry = environ; *entry != nullptr; ++entry) {
            const std::string_view text = *entry;
            if (!changes.contains(std::string(text.substr(0, text.find('=')))))
                pointers_.push_back(*entry);
        }
        pointers_.push_back(nullptr);
    }
    char* const* get() const { return pointers_.data(); }

  private:
    std::vector<std::string> own_;
    std::vector<char*> pointers_;
};

/// What posix_spawn(3) does in the child before the program starts.
class SpawnSetup {
  public:
    SpawnSetup(int in, int out, int err, int inherited) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
        int first_closed = STDERR_FILENO + 1;
        if (inherited >= 0) posix_spawn_file_actions_adddup2(&actions_, inherited, first_closed++);
        // Some of our files are our caller's (dpkg's, a terminal's), opened without O_CLOEXEC.
        posix_spawn_file_actions_addclosefrom_np(&actions_, first_closed);
        posix_spawnattr_init(&attributes_);
        posix_spawnattr_setpgroup(&attributes_, 0);
        sigset_t signals;
        sigfillset(&signals);
        posix_spawnattr_setsigdefault(&attributes_, &signals);
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&attributes_, &signals);
        posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    SpawnSetup(const SpawnSetup&) = delete;
    SpawnSetup& operator=(const SpawnSetup&) = delete;
    ~SpawnSetup() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    int spawn(pid_t& pid, const Command& command) const {
        std::vector<std::string> words = command.arguments;
        std::vector<char*> argv;
        argv.reserve(words.size() + 1);
        for (auto& word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        const Environment environment(command.environment);
        return posix_spawnp(&pid, argv[0], &actions_, &attributes_, argv.data(), environment.get());
    }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

/// glibc 2.36 declares pidfd_open(2) without C linkage, so it cannot be linked from C++.
FileDescriptor open_pidfd(pid_t pid) {
    return FileDescriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace

Child::Child(Child&& other) noexcept
    : ended(std::move(other.ended)),
      standard_output(std::move(other.standard_output)),
      standard_error(std::move(other.standard_error)),
      pid_(std::exchange(other.pid_, -1)) {}

Result<Child> Child::spawn(const Command& command) {
    if (command.arguments.empty()) return model::fail(ErrorCode::internal, "no program was named");
    TRY_ASSIGN(Pipe out, make_pipe());
    TRY_ASSIGN(Pipe err, make_pipe());
    TRY_ASSIGN(const FileDescriptor in, input_of(command.input));
    pid_t pid = -1;
    const int error = SpawnSetup(in.get(), out.write.get(), err.write.get(), command.inherited)
                          .spawn(pid, command);
    if (error == ENOENT)
        return model::fail(ErrorCode::not_found,
                           "the program " + command.arguments.front() + " is not there");
    if (error != 0)
        return model::fail(model::errno_error(error, "cannot run " + command.arguments.front()));
    Child child(pid);
    child.ended = open_pidfd(pid);
    if (!child.ended.is_open()) return model::fail(model::errno_error(errno, "pidfd_open"));
    child.standard_output = std::move(out.read);
    child.standard_error = std::move(err.read);
    return child;
}

Child::~Child() {
    if (pid_ < 0) return;
    signal_group(SIGKILL);
    static_cast<void>(end_status());
}

void Child::signal_group(int signal) const {
    if (pid_ > 0) kill(-pid_, signal);
}

int Child::end_status() {
    int status = 0;
    const pid_t pid = std::exchange(pid_, -1);
    pid_t waited = -1;
    do
        waited = waitpid(pid, &status, 0);
    while (waited < 0 && errno == EINTR);
    if (waited != pid) return 255;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace agent::process
