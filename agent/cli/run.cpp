// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/run.hpp"

#include <unistd.h>

#include "agent/bundle/file_io.hpp"
#include "agent/cli/caller.hpp"
#include "agent/cli/json_output.hpp"
#include "agent/cli/json_progress.hpp"
#include "agent/cli/report.hpp"
#include "agent/cli/signals.hpp"
#include "agent/cli/terminal_progress.hpp"
#include "agent/cli/text_output.hpp"
#include "agent/documents/documents.hpp"
#include "agent/operations/attach_images.hpp"
#include "agent/operations/confirm.hpp"
#include "agent/operations/control.hpp"
#include "agent/operations/names.hpp"
#include "agent/operations/startup.hpp"
#include "agent/store/history.hpp"

namespace agent::cli {

namespace {

using model::ErrorCode;
using model::Result;
using operations::Context;

/// The files, opened at once where a service holds them, which may end before they are read.
Result<std::vector<bundle::BundleFile>> bundle_files(const Install& command,
                                                     std::vector<bundle::FileDescriptor>& opened) {
    if (command.shown_as.empty())
        return std::vector<bundle::BundleFile>(command.files.begin(), command.files.end());
    if (command.shown_as.size() != command.files.size())
        return model::fail(ErrorCode::usage, "--shown-as: one for each file");
    std::vector<bundle::BundleFile> files;
    for (std::size_t i = 0; i < command.files.size(); ++i) {
        TRY_ASSIGN(auto file, bundle::open_regular(command.files[i]));
        files.emplace_back("/proc/self/fd/" + std::to_string(file.get()), command.shown_as[i]);
        opened.push_back(std::move(file));
    }
    return files;
}

/// Runs one command; there is one overload for each alternative of Command.
class Runner {
  public:
    Runner(const Context& context, const Options& options) : context_(context), options_(options) {}

    Result<Report> operator()(const Install& command) const {
        std::vector<bundle::FileDescriptor> opened;
        TRY_ASSIGN(auto files, bundle_files(command, opened));
        return changed({.operation = "install",
                        .install = std::move(files),
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
        return Report{.json = json::settled(settled), .text = text::settled(settled)};
    }
    Result<Report> operator()(const Recreate& command) const {
        TRY_ASSIGN(const auto done, operations::recreate(context_, command.if_changed));
        return Report{.json = json::recreated(done), .text = text::recreated(done)};
    }
    Result<Report> operator()(const Confirm& /*command*/) const {
        TRY_ASSIGN(const auto settled, operations::confirm(context_));
        return Report{.json = json::settled(settled), .text = text::settled(settled)};
    }
    Result<Report> operator()(const List& /*command*/) const {
        TRY_ASSIGN(const auto status, operations::status(context_));
        return Report{.json = json::list(status), .text = text::list(status)};
    }
    Result<Report> operator()(const ShowStatus& /*command*/) const {
        TRY_ASSIGN(const auto status, operations::status(context_));
        return Report{.json = json::status(status),
                      .text = text::status(status, context_.host.machine.now())};
    }
    Result<Report> operator()(const Show& command) const {
        TRY_ASSIGN(const auto status, operations::status(context_));
        for (const auto& bundle : status.bundles)
            if (bundle.description.id.value() == command.id)
                return Report{.json = json::show(bundle), .text = text::show(bundle)};
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
    Result<Report> operator()(const Pause& command) const {
        TRY(operations::pause(context_, command.names));
        return done();
    }
    Result<Report> operator()(const Resume& command) const {
        TRY(operations::resume(context_, command.names));
        return done();
    }
    Result<Report> operator()(const Watch& /*command*/) const {
        return model::fail(ErrorCode::internal, "only the service has jobs to watch");
    }
    Result<Report> operator()(const Logs& command) const {
        TRY_ASSIGN(const auto set, store::Generations(context_.paths).installed());
        TRY_ASSIGN(const auto subject, operations::resolve(set, command.name));
        std::vector<std::string> arguments = {"journalctl", "--lines",
                                              std::to_string(command.lines)};
        if (command.follow) arguments.emplace_back("--follow");
        if (options_.json || options_.json_progress) arguments.emplace_back("--output=json");
        if (context_.offline) arguments.push_back("--root=" + context_.paths.root().string());
        for (const auto& service : operations::services_of(set, subject))
            arguments.push_back("--unit=" + service);
        return become(arguments);
    }
    Result<Report> operator()(const ShowHistory& command) const {
        TRY_ASSIGN(auto entries, store::read_history(context_.paths));
        if (command.lines != 0 && entries.size() > command.lines)
            entries.erase(entries.begin(), entries.end() - command.lines);
        return Report{.json = documents::history(entries), .text = text::history(entries)};
    }
    Result<Report> operator()(const Doctor& /*command*/) const {
        const auto checks = operations::examine(context_);
        Report report{.json = json::doctor(checks), .text = text::doctor(checks)};
        for (const auto& check : checks)
            if (check.finding == operations::Finding::failure) report.status = 1;
        return report;
    }
    Result<Report> operator()(const Verify& command) const {
        TRY_ASSIGN(const auto done, operations::verify(context_, command.repair));
        return Report{.json = json::verified(done),
                      .text = text::verified(done),
                      .status = done.left() == 0 ? 0 : 1};
    }
    Result<Report> operator()(const BundleCreate& command) const {
        TRY_ASSIGN(const auto created, operations::create_bundle(context_, command.request));
        return Report{.json = json::created(created), .text = text::created(created)};
    }
    Result<Report> operator()(const BundleConvert& command) const {
        TRY_ASSIGN(const auto made, operations::convert_bundle(context_, command.request));
        return Report{.json = json::created(made), .text = text::created(made)};
    }
    Result<Report> operator()(const BundleValidate& command) const {
        TRY_ASSIGN(const auto description,
                   operations::validate_description(context_, command.description));
        return Report{.json = json::validated(description),
                      .text = command.description.string() + ": " + description.id.value() + " " +
                              description.version.to_string() + " is valid\n"};
    }
    Result<Report> operator()(const BundleInspect& command) const {
        TRY_ASSIGN(const auto inspected, operations::inspect_bundle(context_, command.file));
        return Report{.json = json::inspected(inspected), .text = text::inspected(inspected)};
    }
    Result<Report> operator()(const BundleVerify& command) const {
        TRY_ASSIGN(const auto verified, operations::verify_bundle(context_, command.file));
        return Report{.json = json::inspected(verified),
                      .text = command.file.string() + ": good, " +
                              (verified.signer ? "signed by " + verified.signer->signer.subject
                                               : std::string("not signed")) +
                              "\n"};
    }
    Result<Report> operator()(const VersionMatch& command) const {
        TRY_ASSIGN(const auto range, as_usage(model::VersionRange::parse(command.range)));
        TRY_ASSIGN(const auto version, as_usage(model::Version::parse(command.version)));
        const bool matches = range.contains(version);
        return Report{.json = json::matched(matches), .text = {}, .status = matches ? 0 : 1};
    }
    Result<Report> operator()(const VersionCompare& command) const {
        TRY_ASSIGN(const auto left, as_usage(model::Version::parse(command.left)));
        TRY_ASSIGN(const auto right, as_usage(model::Version::parse(command.right)));
        const std::string order = left < right ? "lt" : right < left ? "gt" : "eq";
        return Report{.json = json::compared(order), .text = order + "\n"};
    }
    Result<Report> operator()(const Startup& /*command*/) const {
        TRY(operations::startup(context_));
        return Report{};
    }
    Result<Report> operator()(const Thaw& command) const {
        if (command.at_shutdown) end_at_once();
        TRY(command.at_shutdown ? operations::resume_at_shutdown(context_)
                                : operations::resume_all(context_));
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
    Result<Report> operator()(const PublishImages& /*command*/) const {
        TRY(operations::publish_images(context_));
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
        return Report{.json = operations::outcome_json(outcome), .text = text::outcome(outcome)};
    }
    Result<Report> done() const { return Report{.json = json::done(), .text = {}}; }

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
    const Options& options_;
};

std::unique_ptr<operations::Progress> make_progress(const Options& options) {
    if (options.json_progress) return std::make_unique<JsonProgress>();
    return std::make_unique<TerminalProgress>(detail_of(options));
}

Result<Report> carry_out(const CommandLine& line, config::Configuration configuration,
                         const operations::Host& host, const BuildFacts& build) {
    const auto& options = line.options;
    const auto progress = make_progress(options);
    const Context context{.paths = store::Paths(options.root),
                          .configuration = std::move(configuration),
                          .host = host,
                          .progress = *progress,
                          .cancelled = cancellation_requested,
                          .offline = options.root != "/",
                          .who = options.who.empty() ? caller() : with_login(options.who),
                          .build_date = build.build_date,
                          .stop_helper = build.stop_helper};
    catch_signals();
    return std::visit(Runner(context, options), line.command);
}

}  // namespace

int run(const CommandLine& line, config::Configuration configuration, const operations::Host& host,
        const BuildFacts& build) {
    const auto report = carry_out(line, std::move(configuration), host, build);
    return report ? print(*report, line.options) : report_error(report.error(), line.options);
}

}  // namespace agent::cli
