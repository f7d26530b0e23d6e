// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/run.hpp"
#include "agent/operations/confirm.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "agent/cli/json_output.hpp"
#include "agent/cli/signals.hpp"
#include "agent/cli/terminal_progress.hpp"
#include "agent/cli/text_output.hpp"
#include "agent/model/exit_code.hpp"
#include "agent/operations/control.hpp"
#include "agent/operations/names.hpp"
#include "agent/operations/startup.hpp"
#include "agent/store/history.hpp"

namespace agent::cli {

namespace {

using model::ErrorCode;
using model::Result;
using operations::Context;

std::string caller() {
    const auto uid = ::getuid();
    const auto* login = std::getenv("SUDO_USER");
    const auto* entry = ::getpwuid(uid);
    const std::string name = login != nullptr   ? login
                             : entry != nullptr ? entry->pw_name
                                                : std::to_string(uid);
    return name + " (" + std::to_string(uid) + ")";
}

/// What a command prints when it is done, and its exit code.
struct Report {
    std::string text;
    int status = 0;
};

/// Runs one command; there is one overload for each alternative of Command.
class Runner {
  public:
    Runner(const Context& context, bool json) : context_(context), json_(json) {}

    Result<Report> operator()(const Install& command) const {
        return changed({.operation = "install",
                        .install = command.files,
                        .remove = {},
                        .dry_run = command.dry_run,
                        .allow_downgrade = command.allow_downgrade,
                        .allow_signer_change = command.allow_signer_change,
                        .retry = command.retry,
                        .install_host_packages = command.install_host_packages});
    }
    Result<Report> operator()(const Remove& command) const {
        operations::ChangeRequest request{
            .operation = "remove", .install = {}, .remove = {}, .dry_run = command.dry_run};
        request.retry = command.retry;
        request.purge = command.purge;
        for (const auto& text : command.ids) {
            auto id = model::BundleId::parse(text);
            if (!id)
                return model::fail(ErrorCode::not_found, "no bundle can have the id '" + text +
                                                             "': " + id.error().text());
            request.remove.push_back(std::move(*id));
        }
        return changed(request);
    }
    Result<Report> operator()(const Rollback& command) const {
        operations::ChangeRequest request{
            .operation = "rollback", .install = {}, .remove = {}, .dry_run = command.dry_run};
        request.retry = command.retry;
        request.restore = operations::Restore{command.generation};
        return changed(request);
    }
    Result<Report> operator()(const Recover& /*command*/) const {
        TRY_ASSIGN(const auto settled, operations::recover(context_));
        return Report{.text = json_ ? json::settled(settled) : text::settled(settled)};
    }
    Result<Report> operator()(const Recreate& command) const {
        TRY_ASSIGN(const auto done, operations::recreate(context_, command.if_changed));
        return Report{.text = json_ ? json::recreated(done) : text::recreated(done)};
    }
    Result<Report> operator()(const Confirm& /*command*/) const {
        TRY_ASSIGN(const auto settled, operations::confirm(context_));
        return Report{.text = json_ ? json::settled(settled) : text::settled(settled)};
    }
    Result<Report> operator()(const List& /*command*/) const {
        TRY_ASSIGN(const auto status, operations::status(context_));
        return Report{.text = json_ ? json::list(status) : text::list(status)};
    }
    Result<Report> operator()(const ShowStatus& /*command*/) const {
        TRY_ASSIGN(const auto status, operations::status(context_));
        return Report{.text = json_ ? json::status(status)
                                    : text::status(status, context_.host.machine.now())};
    }
    Result<Report> operator()(const Show& command) const {
        TRY_ASSIGN(const auto status, operations::status(context_));
        for (const auto& bundle : status.bundles)
            if (bundle.description.id.value() == command.id)
                return Report{.text = json_ ? json::show(bundle) : text::show(bundle)};
        return model::fail(ErrorCode::not_found, "the bundle " + command.id +
                                                     " is not installed; 'update-agent list' "
                                                     "shows what is");
    }
    Result<Report> operator()(const Start& command) const {
        TRY(operations::start(context_, command.names));
        return done();
    }
    Result<Report> operator()(const Stop& command) const {
        TRY(operations::stop(context_, command.names));
        return done();
    }
    Result<Report> operator()(const Restart& command) const {
        TRY(operations::restart(context_, command.names));
        return done();
    }
    Result<Report> operator()(const Logs& command) const {
        TRY_ASSIGN(const auto set, store::Generations(context_.paths).installed());
        TRY_ASSIGN(const auto subject, operations::resolve(set, command.name));
        std::vector<std::string> arguments = {"journalctl", "--lines",
                                              std::to_string(command.lines)};
        if (command.follow) arguments.emplace_back("--follow");
        if (json_) arguments.emplace_back("--output=json");
        if (context_.offline) arguments.push_back("--root=" + context_.paths.root().string());
        for (const auto& service : operations::services_of(set, subject))
            arguments.push_back("--unit=" + service);
        return become(arguments);
    }
    Result<Report> operator()(const ShowHistory& command) const {
        TRY_ASSIGN(auto entries, store::read_history(context_.paths));
        if (command.lines != 0 && entries.size() > command.lines)
            entries.erase(entries.begin(), entries.end() - command.lines);
        return Report{.text = json_ ? json::history(entries) : text::history(entries)};
    }
    Result<Report> operator()(const Doctor& /*command*/) const {
        const auto checks = operations::examine(context_);
        Report report{.text = json_ ? json::doctor(checks) : text::doctor(checks)};
        for (const auto& check : checks)
            if (check.finding == operations::Finding::failure) report.status = 1;
        return report;
    }
    Result<Report> operator()(const Verify& command) const {
        TRY_ASSIGN(const auto done, operations::verify(context_, command.repair));
        return Report{.text = json_ ? json::verified(done) : text::verified(done),
                      .status = done.left() == 0 ? 0 : 1};
    }
    Result<Report> operator()(const BundleCreate& command) const {
        TRY_ASSIGN(const auto created, operations::create_bundle(context_, command.request));
        return Report{.text = json_ ? json::created(created) : text::created(created)};
    }
    Result<Report> operator()(const BundleValidate& command) const {
        TRY_ASSIGN(const auto description,
                   operations::validate_description(context_, command.description));
        return Report{.text = json_ ? json::validated(description)
                                    : command.description.string() + ": " + description.id.value() +
                                          " " + description.version.to_string() + " is valid\n"};
    }
    Result<Report> operator()(const BundleInspect& command) const {
        TRY_ASSIGN(const auto inspected, operations::inspect_bundle(context_, command.file));
        return Report{.text = json_ ? json::inspected(inspected) : text::inspected(inspected)};
    }
    Result<Report> operator()(const BundleVerify& command) const {
        TRY_ASSIGN(const auto verified, operations::verify_bundle(context_, command.file));
        if (json_) return Report{.text = json::inspected(verified)};
        return Report{.text = command.file.string() + ": good, " +
                              (verified.signer ? "signed by " + verified.signer->signer.subject
                                               : std::string("not signed")) +
                              "\n"};
    }
    Result<Report> operator()(const VersionMatch& command) const {
        TRY_ASSIGN(const auto range, as_usage(model::VersionRange::parse(command.range)));
        TRY_ASSIGN(const auto version, as_usage(model::Version::parse(command.version)));
        const bool matches = range.contains(version);
        return Report{.text = json_ ? json::matched(matches) : std::string(),
                      .status = matches ? 0 : 1};
    }
    Result<Report> operator()(const VersionCompare& command) const {
        TRY_ASSIGN(const auto left, as_usage(model::Version::parse(command.left)));
        TRY_ASSIGN(const auto right, as_usage(model::Version::parse(command.right)));
        const std::string order = left < right ? "lt" : right < left ? "gt" : "eq";
        return Report{.text = json_ ? json::compared(order) : order + "\n"};
    }
    Result<Report> operator()(const Startup& /*command*/) const {
        TRY(operations::startup(context_));
        return Report{};
    }
    Result<Report> operator()(const InitStore& /*command*/) const {
        TRY(operations::initialise_store(context_));
        return Report{};
    }
    Result<Report> operator()(const StoreStamp& command) const {
        TRY(command.clear ? operations::clear_engine_stamp(context_)
                          : operations::write_engine_stamp(context_));
        return Report{};
    }
    Result<Report> operator()(const Complete& command) const {
        TRY_ASSIGN(const auto set, store::Generations(context_.paths).installed());
        Report report;
        for (const auto& [id, bundle] : set.bundles) {
            if (command.what == "ids") report.text += id.value() + "\n";
            for (const auto& container : bundle.containers)
                if (command.what == "containers") report.text += container.name.value() + "\n";
        }
        return report;
    }

  private:
    Result<Report> changed(const operations::ChangeRequest& request) const {
        TRY_ASSIGN(const auto outcome, operations::change(context_, request));
        return Report{.text = json_ ? json::outcome(outcome) : text::outcome(outcome)};
    }
    Result<Report> done() const { return Report{.text = json_ ? json::done() : std::string()}; }

    template <typename T>
    static Result<T> as_usage(Result<T> result) {
        if (result) return result;
        return model::fail(ErrorCode::usage, result.error().text());
    }

    /// Replaces this process; returns only when that fails.
    static Result<Report> become(const std::vector<std::string>& arguments) {
        std::vector<char*> pointers;
        pointers.reserve(arguments.size() + 1);
        for (const auto& argument : arguments)
            pointers.push_back(const_cast<char*>(argument.c_str()));
        pointers.push_back(nullptr);
        ::execvp(pointers.front(), pointers.data());
        return model::fail(model::errno_error(errno, arguments.front()));
    }

    const Context& context_;
    bool json_;
};

TerminalProgress::Detail detail_of(const Options& options) {
    if (options.quiet || options.json) return TerminalProgress::Detail::quiet;
    return options.verbose ? TerminalProgress::Detail::steps : TerminalProgress::Detail::normal;
}

}  // namespace

int report_error(const model::Error& error, bool json) {
    if (json) std::fputs(json::error(error).c_str(), stdout);
    std::fprintf(stderr, "update-agent: %s\n", error.text().c_str());
    return model::exit_code(error.code());
}

int run(const CommandLine& line, config::Configuration configuration, const operations::Host& host,
        const BuildFacts& build) {
    const auto& options = line.options;
    TerminalProgress progress(detail_of(options));
    const Context context{.paths = store::Paths(options.root),
                          .configuration = std::move(configuration),
                          .host = host,
                          .progress = progress,
                          .cancelled = cancellation_requested,
                          .offline = options.root != "/",
                          .who = caller(),
                          .build_date = build.build_date,
                          .stop_helper = build.stop_helper};
    catch_signals();
    const auto report = std::visit(Runner(context, options.json), line.command);
    progress.finish();
    if (!report) return report_error(report.error(), options.json);
    std::fputs(report->text.c_str(), stdout);
    return report->status;
}

}  // namespace agent::cli
