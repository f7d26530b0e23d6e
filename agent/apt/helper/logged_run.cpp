// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper/logged_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <exception>
#include <string_view>

#include "agent/model/exit_code.hpp"

namespace agent::apt::helper {

namespace {

using model::Error;
using model::ErrorCode;
using model::Result;

constexpr std::size_t kLastLines = 12;

struct Pipe {
    int read = -1;
    int write = -1;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return model::fail(model::errno_error(errno, "pipe"));
    return Pipe{ends[0], ends[1]};
}

/// Lines to the journal, and the last of them kept.
class Log {
  public:
    /// False at the end of the stream.
    bool read_from(int descriptor) {
        std::array<char, 4096> block;
        const auto count = ::read(descriptor, block.data(), block.size());
        if (count < 0 && errno == EINTR) return true;
        if (count <= 0) return false;
        for (const char c : std::string_view(block.data(), static_cast<std::size_t>(count)))
            take(c);
        return true;
    }
    [[nodiscard]] std::string last_lines() {
        end_line();
        std::string text;
        for (const auto& line : lines_)
            text += "\n  " + line;
        return text;
    }

  private:
    void take(char c) {
        // dpkg counts its database in one line, again and again.
        if (returned_ && c != '\n') line_.clear();
        returned_ = c == '\r';
        if (c == '\n') end_line();
        if (c != '\r' && c != '\n') line_ += c;
    }
    void end_line() {
        if (line_.empty()) return;
        ::syslog(LOG_INFO, "%s", line_.c_str());
        lines_.push_back(std::move(line_));
        line_.clear();
        if (lines_.size() > kLastLines) lines_.pop_front();
    }

    std::string line_;
    bool returned_ = false;
    std::deque<std::string> lines_;
};

/// In the child: what came of it is its status, and the text of the error comes through the pipe.
[[noreturn]] void be_child(const std::function<Result<>()>& act, int output, int report) {
    // Ignored by us, which is nothing that maintainer scripts should inherit.
    std::signal(SIGPIPE, SIG_DFL);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    Result<> result;
    try {
        result = act();
    } catch (const std::exception& exception) {
        result = model::fail(ErrorCode::internal, exception.what());
    }
    if (result) ::_exit(0);
    const auto text = result.error().text();
    // A pipe takes that much at once, and more is nothing that anybody reads.
    const auto size = std::min<std::size_t>(text.size(), 16384);
    [[maybe_unused]] const auto written = ::write(report, text.data(), size);
    ::_exit(model::exit_code(result.error().code()));
}

std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 4096> block;
    ssize_t count = 0;
    while ((count = ::read(descriptor, block.data(), block.size())) > 0)
        text.append(block.data(), static_cast<std::size_t>(count));
    return text;
}

/// Until the child ends: a daemon that a maintainer script left behind may have the pipe for ever.
void follow(pid_t child, int output, Log& log) {
    const int ended = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    bool open = true;
    while (true) {
        std::array<pollfd, 2> waiting{{{ended, POLLIN, 0}, {open ? output : -1, POLLIN, 0}}};
        if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) break;
        if (waiting[1].revents != 0)
            open = log.read_from(output);
        else if (waiting[0].revents != 0)
            break;
    }
    ::close(ended);
}

Error error_of(int status, const std::string& report, const std::string& lines) {
    const auto ended = WIFSIGNALED(status)
                           ? "ended by signal " + std::to_string(WTERMSIG(status))
                           : "ended with status " + std::to_string(WEXITSTATUS(status));
    const bool full = (report + lines).find("No space left on device") != std::string::npos;
    const auto code =
        report.empty() ? ErrorCode::internal : model::error_of_status(WEXITSTATUS(status));
    return {full ? ErrorCode::no_space : code, (report.empty() ? ended : report) + lines};
}

}  // namespace

Result<> run_logged(const std::function<Result<>()>& act) {
    TRY_ASSIGN(const auto output, make_pipe());
    TRY_ASSIGN(const auto report, make_pipe());
    const pid_t child = ::fork();
    if (child < 0) return model::fail(model::errno_error(errno, "fork"));
    if (child == 0) be_child(act, output.write, report.write);
    ::close(output.write);
    ::close(report.write);
    Log log;
    follow(child, output.read, log);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const auto text = read_all(report.read);
    ::close(output.read);
    ::close(report.read);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return model::fail(error_of(status, text, log.last_lines()));
}

Result<> run_dpkg(const std::vector<std::string>& arguments) {
    std::vector<std::string> words{"dpkg", "--force-confold"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    auto result = run_logged([&]() -> Result<> {
        std::vector<char*> argv;
        argv.reserve(words.size() + 1);
        for (auto& word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        ::setenv("DPKG_FRONTEND_LOCKED", "true", 1);
        ::execvp(argv[0], argv.data());
        return model::fail(model::errno_error(errno, "cannot run dpkg"));
    });
    if (result) return result;
    std::string title = "dpkg";
    for (const auto& argument : arguments)
        title += " " + argument;
    return model::fail(result.error().with_context(title));
}

}  // namespace agent::apt::helper
