// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/command.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <sstream>

#include "agent/cli/route.hpp"

namespace agent::cli {

namespace {

/// Adds a subcommand that, once chosen, is what the command line asks for.
template <typename Kind>
CLI::App* add(CLI::App& parent, const std::string& name, const std::string& help, Kind& value,
              std::optional<Command>& chosen) {
    auto* command = parent.add_subcommand(name, help);
    command->callback([&chosen, &value] { chosen = value; });
    return command;
}

/// Everything that CLI11 writes into while it parses.
struct Values {
    Install install;
    Remove remove;
    Rollback rollback;
    List list;
    Show show;
    ShowStatus status;
    Start start;
    Stop stop;
    Restart restart;
    Pause pause;
    Resume resume;
    Watch watch;
    Logs logs;
    ShowHistory history;
    Doctor doctor;
    Verify verify_set;
    BundleCreate create;
    BundleConvert convert;
    BundleValidate validate;
    BundleInspect inspect;
    BundleVerify verify;
    VersionMatch match;
    VersionCompare compare;
    Recover recover;
    Recreate recreate;
    Confirm confirm;
    Startup startup;
    Thaw thaw;
    InitStore init_store;
    StoreStamp stamp_write;
    StoreStamp stamp_clear{.clear = true};
    PublishImages publish_images;
    Complete complete;
};

void add_retry(CLI::App& command, bool& retry) {
    command.add_flag("--retry", retry, "Try a set again that did not become healthy before");
}

/// For what the service can do while nobody waits.
void add_no_wait(CLI::App& app, Options& options) {
    for (const auto* name :
         {"install", "remove", "rollback", "verify", "start", "stop", "restart", "pause", "resume"})
        app.get_subcommand(name)->add_flag("--no-wait", options.no_wait,
                                           "Print the number of the service's job, and leave it");
}

void add_changes(CLI::App& app, Values& values, std::optional<Command>& chosen) {
    auto* install = add(app, "install", "Install bundles from files", values.install, chosen);
    install->add_option("FILE", values.install.files, "Bundle files")->required();
    install->add_option("--shown-as", values.install.shown_as, "What messages call the files")
        ->allow_extra_args(false)
        ->group("");
    install->add_flag("--dry-run", values.install.dry_run, "Print the plan and change nothing");
    install->add_flag("--allow-downgrade", values.install.allow_downgrade,
                      "Let a version in that is lower than one that ran here");
    install->add_flag("--allow-signer-change", values.install.allow_signer_change,
                      "Let another trust anchor take over an installed id");
    install->add_flag("--install-host-packages", values.install.install_host_packages,
                      "Install the Debian packages that the bundles want, and their dependencies");
    add_retry(*install, values.install.retry);
    auto* remove = add(app, "remove", "Remove bundles", values.remove, chosen);
    remove->add_option("ID", values.remove.ids, "Ids of bundles")->required();
    remove->add_flag("--dry-run", values.remove.dry_run, "Print the plan and change nothing");
    remove->add_flag("--purge", values.remove.purge, "Delete the add-ons' own volumes, too");
    add_retry(*remove, values.remove.retry);
    auto* rollback =
        add(app, "rollback", "Put an earlier set of bundles back", values.rollback, chosen);
    rollback->add_option("GENERATION", values.rollback.generation,
                         "Generation whose set is put back; else the one before the last change");
    rollback->add_flag("--dry-run", values.rollback.dry_run, "Print the plan and change nothing");
    add_retry(*rollback, values.rollback.retry);
    add(app, "recover", "Settle a change that was interrupted", values.recover, chosen);
    add(app, "recreate", "Create containers again whose devices changed", values.recreate, chosen)
        ->add_flag("--if-changed", values.recreate.if_changed,
                   "Ask podman only where a device may have changed");
}

void add_queries(CLI::App& app, Values& values, std::optional<Command>& chosen) {
    add(app, "list", "List the installed bundles", values.list, chosen);
    add(app, "show", "Show one installed bundle", values.show, chosen)
        ->add_option("ID", values.show.id, "Id of a bundle")
        ->required();
    add(app, "status", "Show what runs", values.status, chosen);
    auto* history = add(app, "history", "Show what was done", values.history, chosen);
    history->add_option("-n,--lines", values.history.lines, "Newest operations; 0 for all")
        ->capture_default_str();
    add(app, "doctor", "Look for what keeps bundles from working", values.doctor, chosen);
    add(app, "verify", "Check all that the installed set needs", values.verify_set, chosen)
        ->add_flag("--repair", values.verify_set.repair, "Put right what can be put right");
    auto* logs = add(app, "logs", "Show the journal of a bundle or container", values.logs, chosen);
    logs->add_option("NAME", values.logs.name, "Bundle or container")->required();
    logs->add_flag("-f,--follow", values.logs.follow, "Go on with what is written");
    logs->add_option("-n,--lines", values.logs.lines, "Lines to begin with")->capture_default_str();
}

void add_control(CLI::App& app, Values& values, std::optional<Command>& chosen) {
    const auto add_named = [&](const char* name, const char* help, auto& value) {
        add(app, name, help, value, chosen)
            ->add_option("NAME", value.names,
                         "Bundles or containers; bundle:NAME or container:NAME says which")
            ->required();
    };
    add_named("start", "Start bundles or containers", values.start);
    add_named("stop", "Stop bundles or containers", values.stop);
    add_named("restart", "Restart bundles or containers", values.restart);
    add_named("pause", "Freeze what runs of bundles or containers", values.pause);
    add_named("resume", "Let paused bundles or containers run on", values.resume);
}

void add_watch(CLI::App& app, Values& values, std::optional<Command>& chosen) {
    add(app, "watch", "Follow a job of the service", values.watch, chosen)
        ->add_option("JOB", values.watch.job, "Number that --no-wait has printed")
        ->required();
}

CLI::Option* add_images(CLI::App& command, operations::ImagesKind& images) {
    return command
        .add_option_function<std::string>(
            "--images",
            [&images](const std::string& kind) {
                images =
                    kind == "store" ? operations::ImagesKind::store : operations::ImagesKind::oci;
            },
            "How the bundle has its images: oci, to be unpacked, or store, to be mounted")
        ->check(CLI::IsMember({"oci", "store"}));
}

void add_bundle(CLI::App& app, Values& values, std::optional<Command>& chosen) {
    auto* bundle = app.add_subcommand("bundle", "Make and check bundle files");
    bundle->require_subcommand(1);
    auto& request = values.create.request;
    auto* create = add(*bundle, "create", "Make a signed bundle file", values.create, chosen);
    create->add_option("DESCRIPTION", request.description, "bundle.toml(5)")->required();
    create->add_option("--key", request.key, "Private key, PEM")->required();
    create->add_option("--cert", request.certificate, "Certificate for code signing, PEM")
        ->required();
    create->add_option("--chain", request.chain, "Certificates between it and the anchor, PEM");
    create->add_option("--oci-layout", request.layout,
                       "Take the images from this OCI layout, not from the local store");
    add_images(*create, request.images);
    create->add_option("--delta-from", request.delta_from,
                       "Make a delta file too, for machines that have this bundle file installed");
    create->add_option("--add", request.add, "Further file: FILE or FILE:PATH-IN-BUNDLE");
    create->add_option("-o,--output", request.output, "Default: <id>_<version>.bundle");
    auto& conversion = values.convert.request;
    auto* convert =
        add(*bundle, "convert", "Make of a bundle file one that has its images the other way",
            values.convert, chosen);
    convert->add_option("FILE", conversion.file, "Bundle file")->required();
    add_images(*convert, conversion.images)->required();
    convert->add_option("--key", conversion.key, "Private key, PEM")->required();
    convert->add_option("--cert", conversion.certificate, "Certificate for code signing, PEM")
        ->required();
    convert->add_option("--chain", conversion.chain, "Certificates between it and the anchor, PEM");
    convert->add_option("-o,--output", conversion.output, "Default: <id>_<version>-<kind>.bundle");
    add(*bundle, "validate", "Check a description", values.validate, chosen)
        ->add_option("DESCRIPTION", values.validate.description, "bundle.toml(5)")
        ->required();
    add(*bundle, "inspect", "Show the description of a bundle file", values.inspect, chosen)
        ->add_option("FILE", values.inspect.file, "Bundle file")
        ->required();
    add(*bundle, "verify", "Check signature and content of a bundle file", values.verify, chosen)
        ->add_option("FILE", values.verify.file, "Bundle file")
        ->required();
}

void add_version(CLI::App& app, Values& values, std::optional<Command>& chosen) {
    auto* version = app.add_subcommand("version", "Compare versions");
    version->require_subcommand(1);
    auto* match = add(*version, "match", "Exit with 0 when VERSION is in RANGE, else with 1",
                      values.match, chosen);
    match->add_option("RANGE", values.match.range, "Version range")->required();
    match->add_option("VERSION", values.match.version, "Semantic version")->required();
    auto* compare = add(*version, "compare", "Print lt, eq or gt", values.compare, chosen);
    compare->add_option("A", values.compare.left, "Semantic version")->required();
    compare->add_option("B", values.compare.right, "Semantic version")->required();
}

/// Run by units, the package and the shell; left out of the help.
void add_internal(CLI::App& app, Values& values, std::optional<Command>& chosen) {
    add(app, "confirm", "Judge the set that was switched to", values.confirm, chosen)->group("");
    add(app, "startup", "Start the bundles at boot", values.startup, chosen)->group("");
    add(app, "thaw", "Let all that is paused run on", values.thaw, chosen)
        ->group("")
        ->add_flag("--at-shutdown", values.thaw.at_shutdown, "Once a shutdown is announced");
    add(app, "init-store", "Make the layout on disk", values.init_store, chosen)->group("");
    auto* stamp = app.add_subcommand("store-stamp", "The stamp in the engine's store")->group("");
    stamp->require_subcommand(1);
    add(*stamp, "write", "Leave the stamp", values.stamp_write, chosen);
    add(*stamp, "clear", "Take the stamp away", values.stamp_clear, chosen);
    auto* images = app.add_subcommand("images", "Image stores of what is kept")->group("");
    images->require_subcommand(1);
    add(*images, "publish", "Mount them and show them to podman", values.publish_images, chosen);
    add(app, "complete", "Names for the shell", values.complete, chosen)
        ->group("")
        ->add_option("WHAT", values.complete.what)
        ->check(CLI::IsMember({"ids", "containers"}))
        ->required();
}

void add_options(CLI::App& app, Options& options) {
    app.add_flag("--json", options.json, "Print JSON");
    app.add_option_function<std::string>(
           "--progress",
           [&options](const std::string& kind) { options.json_progress = kind == "json"; },
           "How progress is told: text, or json with a document a line")
        ->check(CLI::IsMember({"text", "json"}));
    app.add_flag("-q,--quiet", options.quiet, "Print no progress");
    app.add_flag("-v,--verbose", options.verbose, "Print every step");
    app.add_option("--who", options.who, "Who asked for it")->group("");
    app.add_flag("--no-service", options.no_service, "Do it in this process, not by the service");
    app.add_flag("--interactive", options.interactive, "Let the service ask for a password");
    app.add_option("--root", options.root, "Work below this directory and start nothing");
    app.add_option("--config", options.config, "Configuration file")->capture_default_str();
    app.set_version_flag("--version", std::string("update-agent ") + UPDATE_AGENT_VERSION);
}

}  // namespace

tl::expected<CommandLine, ParseExit> parse(int argc, const char* const* argv) {
    CLI::App app("Installs signed bundles of containers and runs them with systemd.",
                 "update-agent");
    CommandLine line;
    Values values;
    std::optional<Command> chosen;
    add_options(app, line.options);
    add_changes(app, values, chosen);
    add_queries(app, values, chosen);
    add_control(app, values, chosen);
    add_watch(app, values, chosen);
    add_no_wait(app, line.options);
    add_bundle(app, values, chosen);
    add_version(app, values, chosen);
    add_internal(app, values, chosen);
    app.require_subcommand(1);
    app.fallthrough();
    for (auto* command : app.get_subcommands(nullptr)) {
        command->fallthrough();
        for (auto* nested : command->get_subcommands(nullptr))
            nested->fallthrough();
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream output;
        std::ostringstream errors;
        const int status = app.exit(error, output, errors);
        return tl::unexpected<ParseExit>(ParseExit{.status = status == 0 ? 0 : 2,
                                                   .standard_output = output.str(),
                                                   .standard_error = errors.str()});
    }
    // `//` and `/.` are the running system, too.
    std::error_code error;
    line.options.root = std::filesystem::weakly_canonical(line.options.root, error);
    if (error || line.options.root.empty())
        return tl::unexpected<ParseExit>(ParseExit{2, {}, "--root: needs a directory\n"});
    line.command = *chosen;
    if (const auto problem = service_problem(line); !problem.empty())
        return tl::unexpected<ParseExit>(ParseExit{2, {}, problem + "\n"});
    return line;
}

}  // namespace agent::cli
