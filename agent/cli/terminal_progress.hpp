// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "agent/cli/command.hpp"
#include "agent/operations/progress.hpp"

namespace spdlog {
class logger;
}

namespace agent::cli {

/// Progress on standard error: on a terminal one line that is drawn again, with bytes and rate;
/// elsewhere a line for each step when asked for. Warnings are always told. Under the journal,
/// lines carry their priority.
class TerminalProgress final : public operations::Progress {
  public:
    enum class Detail { quiet, normal, steps };
    /// Whether warnings are written to the machine's log, too, or whoever tells them has done so.
    enum class Log { too, not_again };
    explicit TerminalProgress(Detail detail, Log log = Log::too);
    ~TerminalProgress() override;

    void plan(const operations::Outcome& /*planned*/) override {}
    void effect(std::string_view /*phase*/, std::size_t /*done*/, std::size_t /*total*/) override {}
    void step(const std::string& what) override;
    void bytes(std::uint64_t done, std::uint64_t total) override;
    void warning(const std::string& text) override;

  private:
    /// Wipes the progress line, so that what follows starts on a clean one.
    void finish();
    void draw(const std::string& line);

    Detail detail_;
    bool terminal_;
    std::shared_ptr<spdlog::logger> logger_;
    std::string step_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point step_start_;
    std::chrono::steady_clock::time_point last_draw_;
};

/// How much of it the options want.
[[nodiscard]] TerminalProgress::Detail detail_of(const Options& options);

/// "[#####     ] 50%  10.0 MiB of 20.0 MiB  35.0 MiB/s".
[[nodiscard]] std::string progress_bar(std::uint64_t done, std::uint64_t total,
                                       std::chrono::milliseconds elapsed);

}  // namespace agent::cli
