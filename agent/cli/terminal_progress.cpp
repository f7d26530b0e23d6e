// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/terminal_progress.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "agent/model/units_of_measure.hpp"

namespace agent::cli {

namespace {

constexpr std::chrono::milliseconds kRedrawInterval{100};

/// sd-daemon(3): a `<N>` in front of a line is its priority in the journal.
class JournalSink final : public spdlog::sinks::sink {
  public:
    void log(const spdlog::details::log_msg& message) override {
        const int priority = message.level >= spdlog::level::err    ? 3
                             : message.level >= spdlog::level::warn ? 4
                                                                    : 6;
        std::fprintf(stderr, "<%d>%.*s\n", priority, static_cast<int>(message.payload.size()),
                     message.payload.data());
    }
    void flush() override { std::fflush(stderr); }
    void set_pattern(const std::string& /*pattern*/) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}
};

std::shared_ptr<spdlog::logger> make_logger(TerminalProgress::Log wanted) {
    if (std::getenv("JOURNAL_STREAM") != nullptr && ::isatty(STDERR_FILENO) == 0)
        return std::make_shared<spdlog::logger>("update-agent", std::make_shared<JournalSink>());
    auto terminal = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    terminal->set_pattern("%n: %v");
    if (wanted == TerminalProgress::Log::not_again)
        return std::make_shared<spdlog::logger>("update-agent", terminal);
    // A terminal forgets; the machine's log keeps what an admin was warned of.
    auto log = std::make_shared<spdlog::sinks::syslog_sink_mt>("update-agent", LOG_PID, LOG_DAEMON,
                                                               /*enable_formatting=*/false);
    log->set_level(spdlog::level::warn);
    return std::make_shared<spdlog::logger>("update-agent", spdlog::sinks_init_list{terminal, log});
}

}  // namespace

std::string progress_bar(std::uint64_t done, std::uint64_t total,
                         std::chrono::milliseconds elapsed) {
    constexpr std::uint64_t kWidth = 20;
    const std::uint64_t filled = total == 0 ? kWidth : std::min(kWidth, done * kWidth / total);
    const std::uint64_t percent =
        total == 0 ? 100 : std::min<std::uint64_t>(100, done * 100 / total);
    std::string bar = "[" + std::string(filled, '#') + std::string(kWidth - filled, ' ') + "] " +
                      std::to_string(percent) + "%  " + model::human_size(done) + " of " +
                      model::human_size(total);
    const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(1, elapsed.count()));
    return bar + "  " + model::human_size(done * 1000 / ms) + "/s";
}

TerminalProgress::Detail detail_of(const Options& options) {
    using Detail = TerminalProgress::Detail;
    if (options.quiet || options.json) return Detail::quiet;
    return options.verbose ? Detail::steps : Detail::normal;
}

TerminalProgress::TerminalProgress(Detail detail, Log log)
    : detail_(detail), terminal_(::isatty(STDERR_FILENO) != 0), logger_(make_logger(log)) {}

TerminalProgress::~TerminalProgress() {
    finish();
}

void TerminalProgress::draw(const std::string& line) {
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
    drawn_ = true;
}

void TerminalProgress::finish() {
    if (drawn_) std::fputs("\r\033[K", stderr);
    drawn_ = false;
}

void TerminalProgress::step(const std::string& what) {
    step_ = what;
    step_start_ = std::chrono::steady_clock::now();
    if (detail_ == Detail::steps) logger_->info("{}", what);
    if (detail_ == Detail::normal && terminal_) draw(what);
}

void TerminalProgress::bytes(std::uint64_t done, std::uint64_t total) {
    if (detail_ != Detail::normal || !terminal_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_draw_ < kRedrawInterval && done < total) return;
    last_draw_ = now;
    draw(step_ + "  " +
         progress_bar(done, total,
                      std::chrono::duration_cast<std::chrono::milliseconds>(now - step_start_)));
}

void TerminalProgress::warning(const std::string& text) {
    finish();
    logger_->warn("{}", text);
}

}  // namespace agent::cli
