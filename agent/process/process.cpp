// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/process/process.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>

#include "agent/process/child.hpp"

namespace agent::process {

namespace {

using model::ErrorCode;
using model::Result;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// What a program has after SIGTERM before it gets SIGKILL.
constexpr milliseconds kGrace{2000};
/// What a killed program has to end; only one that hangs in the kernel needs more.
constexpr milliseconds kKillWait{5000};
/// How long it may take until somebody is asked again whether he wants the end.
constexpr milliseconds kAskAgain{200};

/// The bounded copy of one output.
class Capture {
  public:
    enum class Keep { first, last };
    Capture(FileDescriptor& fd, std::size_t limit, Keep keep)
        : fd_(fd), limit_(limit), keep_(keep) {}

    /// Reads what is there, and closes at the end of the stream. At most what the largest pipe
    /// holds (pipe(7)), so that a program that never stops writing does not keep us in here.
    void drain() {
        constexpr int kBlocks = 16;
        std::array<char, 65536> block;
        for (int i = 0; i < kBlocks && fd_.is_open(); ++i) {
            const ssize_t count = read(fd_.get(), block.data(), block.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0 && errno == EAGAIN) return;
            if (count <= 0) {
                fd_.close();
                return;
            }
            append(block.data(), static_cast<std::size_t>(count));
        }
    }
    [[nodiscard]] pollfd waiting() const { return {fd_.get(), POLLIN, 0}; }
    [[nodiscard]] std::string take() {
        if (keep_ == Keep::last && text_.size() > limit_) text_.erase(0, text_.size() - limit_);
        return std::move(text_);
    }

  private:
    void append(const char* data, std::size_t size) {
        if (keep_ == Keep::first) {
            text_.append(data, std::min(size, limit_ - std::min(limit_, text_.size())));
            return;
        }
        text_.append(data, size);
        // Cut only at twice the limit, so that a long output is not moved for every block.
        if (text_.size() > 2 * limit_) text_.erase(0, text_.size() - limit_);
    }

    FileDescriptor& fd_;
    std::size_t limit_;
    Keep keep_;
    std::string text_;
};

class Run {
  public:
    Run(const Command& command, Child child)
        : command_(command),
          child_(std::move(child)),
          out_(child_.standard_output, command.output_limit,
               command.keep_last ? Capture::Keep::last : Capture::Keep::first),
          err_(child_.standard_error, command.output_limit, Capture::Keep::last) {}

    Result<Output> finish() {
        if (!ended_within(command_.timeout, command_.cancelled)) return end_by_force();
        Output output;
        output.status = child_.end_status();
        output.standard_output = out_.take();
        output.standard_error = err_.take();
        return output;
    }

  private:
    /// Whether the program ended in time. Its outputs are then read as far as they were written:
    /// a daemon that it left behind may hold them open for ever.
    bool ended_within(milliseconds time, const std::function<bool()>& cancelled = {}) {
        const auto deadline = Clock::now() + time;
        const auto most = cancelled ? kAskAgain.count() : std::numeric_limits<int>::max();
        while (true) {
            const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
            const auto wait = std::clamp<decltype(left)>(left, 0, most);
            std::array<pollfd, 3> waiting{
                {{child_.ended.get(), POLLIN, 0}, out_.waiting(), err_.waiting()}};
            const int ready = poll(waiting.data(), waiting.size(), static_cast<int>(wait));
            out_.drain();
            err_.drain();
            if (ready > 0 && waiting[0].revents != 0) return true;
            cancelled_ = cancelled && cancelled();
            if (cancelled_ || Clock::now() >= deadline) return false;
        }
    }

    Result<Output> end_by_force() {
        const bool wanted = cancelled_;
        child_.signal_group(SIGTERM);
        const bool ended = ended_within(kGrace);
        // Also when it ended: others of its group may not have.
        child_.signal_group(SIGKILL);
        std::string text = title() + " did not end within " + timeout_text();
        if (!ended && !ended_within(kKillWait)) {
            child_.abandon();
            return model::fail(ErrorCode::internal, text + ", and cannot be killed");
        }
        const std::string last = last_line(err_.take());
        if (wanted) return model::fail(ErrorCode::busy, title() + " was cancelled");
        if (!last.empty()) text += "; its last words: " + last;
        return model::fail(ErrorCode::internal, text);
    }

    std::string title() const {
        return command_.title.empty() ? to_string(command_.arguments) : command_.title;
    }

    std::string timeout_text() const {
        const auto ms = command_.timeout.count();
        if (ms >= 60000 && ms % 60000 == 0) return std::to_string(ms / 60000) + " min";
        if (ms >= 1000 && ms % 1000 == 0) return std::to_string(ms / 1000) + " s";
        return std::to_string(ms) + " ms";
    }

    const Command& command_;
    Child child_;
    Capture out_;
    Capture err_;
    bool cancelled_ = false;
};

}  // namespace

Result<Output> run(const Command& command) {
    TRY_ASSIGN(Child child, Child::spawn(command));
    return Run(command, std::move(child)).finish();
}

}  // namespace agent::process
