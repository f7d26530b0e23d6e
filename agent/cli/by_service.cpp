// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/by_service.hpp"

#include <unistd.h>

#include "agent/cli/caller.hpp"
#include "agent/cli/json_output.hpp"
#include "agent/cli/json_progress.hpp"
#include "agent/cli/record.hpp"
#include "agent/cli/report.hpp"
#include "agent/cli/service_request.hpp"
#include "agent/cli/signals.hpp"
#include "agent/cli/terminal_progress.hpp"
#include "agent/client/password_agent.hpp"
#include "agent/model/exit_code.hpp"

namespace agent::cli {

namespace {

using client::Absent;
using client::Ended;
using client::Job;
using model::ErrorCode;
using model::Result;

/// For people on a terminal. What is told is in the machine's log already.
class TerminalWatcher final : public client::Watcher {
  public:
    explicit TerminalWatcher(const Options& options)
        : progress_(detail_of(options), TerminalProgress::Log::not_again) {}
    void record(const std::string& record) override { json::tell(record, progress_); }
    void note(const std::string& text) override { progress_.warning(text); }
    [[nodiscard]] unsigned cancellations() const override { return cancellation_requests(); }

  private:
    TerminalProgress progress_;
};

/// For programs: the records are the service's own.
class JsonWatcher final : public client::Watcher {
  public:
    void record(const std::string& record) override {
        tell_record(!record.empty() && record.back() == '\n' ? record : record + "\n");
    }
    void note(const std::string& text) override { tell_record(json::warning_record(text)); }
    [[nodiscard]] unsigned cancellations() const override { return cancellation_requests(); }
};

std::unique_ptr<client::Watcher> make_watcher(const Options& options) {
    if (options.json_progress) return std::make_unique<JsonWatcher>();
    return std::make_unique<TerminalWatcher>(options);
}

/// The text of an error, without what report_error() puts around it.
std::string bare(std::string text) {
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text.rfind(kErrorPrefix, 0) == 0 ? text.substr(kErrorPrefix.size()) : text;
}

/// An end without a document is that of a job that could not be carried out.
int print_end(const Ended& ended, const Options& options) {
    const Report report{json::printed(ended.document), ended.text, ended.exit_code};
    if (ended.exit_code == 0) return print(report, options);
    if (report.json.empty())
        return report_error({model::error_of_status(ended.exit_code), bare(ended.text)}, options);
    return json::is_error(ended.document) ? print_failure(report, options) : print(report, options);
}

/// Asks, and leaves it at that or follows; Absent where there is nobody to ask after all.
class Asker {
  public:
    Asker(client::Service& service, const Options& options)
        : service_(service), options_(options), watcher_(make_watcher(options)) {}

    Result<std::variant<int, Absent>> run(const Command& command) {
        if (const auto* watch = std::get_if<Watch>(&command))
            return ended(service_.watch(watch->job, *watcher_));
        TRY_ASSIGN(auto asked, service_request(command));
        if (is_called_by_sudo()) asked.request.who = caller();
        TRY_ASSIGN(const auto answer, service_.ask(asked.request, *watcher_));
        if (const auto* absent = std::get_if<Absent>(&answer)) return *absent;
        const Job job = std::get<Job>(answer);
        if (options_.no_wait)
            return print({json::job(job), std::to_string(job) + "\n", 0}, options_);
        return ended(service_.follow(job, *watcher_));
    }

  private:
    Result<std::variant<int, Absent>> ended(const Result<Ended>& ended) {
        // What it has drawn goes before anything else is printed.
        watcher_.reset();
        if (!ended) return model::fail(ended.error());
        return print_end(*ended, options_);
    }

    client::Service& service_;
    const Options& options_;
    std::unique_ptr<client::Watcher> watcher_;
};

/// Nothing where it can be done here.
std::optional<int> without_service(const CommandLine& line, const Absent& absent) {
    if (line.options.no_wait || std::holds_alternative<Watch>(line.command))
        return report_error({ErrorCode::unreachable, absent.why}, line.options);
    if (absent.failed)
        make_watcher(line.options)->note(absent.why + "; it is done without the service");
    return std::nullopt;
}

bool asks_on_terminal(const Options& options) {
    return options.interactive && ::geteuid() != 0 && ::isatty(STDIN_FILENO) != 0;
}

}  // namespace

std::optional<int> run_by_service(const CommandLine& line, client::ServiceOptions bounds) {
    const auto& options = line.options;
    bounds.interactive = options.interactive;
    auto service = client::Service::reach(bounds);
    if (!service) return without_service(line, service.error());
    std::optional<client::PasswordAgent> password_agent;
    if (asks_on_terminal(options)) password_agent.emplace();
    catch_signals();
    const auto done = Asker(*service, options).run(line.command);
    if (!done) return report_error(done.error(), options);
    if (const auto* absent = std::get_if<Absent>(&*done)) return without_service(line, *absent);
    return std::get<int>(*done);
}

}  // namespace agent::cli
