// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/podman_cli.hpp"

#include <algorithm>
#include <future>

#include "agent/podman/failure.hpp"
#include "agent/podman/listing.hpp"
#include "agent/podman/podman_call.hpp"
#include "agent/podman/pull_view.hpp"
#include "agent/podman/registry.hpp"
#include "agent/podman/storage_conf.hpp"

namespace agent::podman {

namespace {

using host::ContainerInfo;
using host::ImageInfo;
using model::ErrorCode;
using model::Result;
using model::Sha256;
using std::chrono::ceil;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr const char* kOurs = "update-agent.container";

/// A listing is over before its garbage is worth collecting, unless the store is a very large one:
/// https://pkg.go.dev/runtime#hdr-Environment_Variables.
const std::map<std::string, std::string> kUncollected{{"GOGC", "off"}, {"GOMEMLIMIT", "64MiB"}};

/// A directory for the blobs that podman copies before it unpacks them, emptied of what a killed
/// pull left there.
class TemporaryDirectory {
  public:
    static Result<TemporaryDirectory> make(const fs::path& path) {
        std::error_code error;
        fs::remove_all(path, error);
        if (!error) fs::create_directories(path, error);
        if (error) return model::fail(model::errno_error(error.value(), path.string()));
        return TemporaryDirectory(path);
    }
    TemporaryDirectory(TemporaryDirectory&& other) noexcept
        : path_(std::exchange(other.path_, {})) {}
    TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    explicit TemporaryDirectory(fs::path path) : path_(std::move(path)) {}
    fs::path path_;
};

/// The name that the arguments give to the container; empty where they give none.
std::string name_in(const std::vector<std::string>& arguments) {
    constexpr std::string_view kName = "--name";
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == kName && i + 1 < arguments.size()) return arguments[i + 1];
        if (arguments[i].starts_with(std::string(kName) + "="))
            return arguments[i].substr(kName.size() + 1);
    }
    return {};
}

}  // namespace

std::vector<std::string> removal_of(const std::string& name, const std::string& label) {
    std::string pattern;
    for (const char c : name)
        pattern += c == '.' ? "[.]" : std::string(1, c);
    return {"rm", "--volumes", "--filter=label=" + label, "--filter=name=^" + pattern + "$"};
}

process::Command PodmanCli::command_of(const Call& call) const {
    // At least a moment: a call that is due at once still says that it was.
    const auto left =
        std::max(ceil<milliseconds>(options_.deadline - steady_clock::now()), milliseconds(1));
    process::Command command{{options_.program}, call.environment, std::min(call.timeout, left)};
    command.title = call.title;
    command.inherited = inherited_;
    if (call.moves_image) command.cancelled = options_.cancelled;
    command.arguments.insert(command.arguments.end(), call.arguments.begin(), call.arguments.end());
    command.environment.insert(options_.environment.begin(), options_.environment.end());
    return command;
}

Result<std::string> PodmanCli::run(const Call& call) const {
    auto output = process::run(command_of(call));
    if (!output && output.error().code() == ErrorCode::not_found)
        return model::fail(ErrorCode::conflict,
                           output.error().text() + "; install the package podman");
    if (!output) return model::fail(std::move(output).error());
    if (output->status != 0)
        return model::fail(failure(call.title, output->status, output->standard_error));
    return std::move(output->standard_output);
}

fs::path PodmanCli::pull_view() const {
    return options_.runtime_directory / "pull";
}

fs::path PodmanCli::pull_blobs(const fs::path& store) {
    return store / "update-agent-tmp";
}

Result<> PodmanCli::remove_leftovers() {
    TRY_ASSIGN(const auto store, graph_root());
    for (const auto& path : {pull_view(), pull_blobs(store), pull_storage_conf()}) {
        std::error_code error;
        fs::remove_all(path, error);
        if (error) return model::fail(model::errno_error(error.value(), path.string()));
    }
    return {};
}

Result<> PodmanCli::check() {
    // Unlike `podman version`, this opens the store and the database.
    TRY(run({"podman ps", {"ps", "--quiet", "--last", "1"}, options_.call_timeout, kUncollected}));
    return {};
}

Result<fs::path> PodmanCli::graph_root() {
    return podman::graph_root(options_.root);
}

Result<std::vector<ImageInfo>> PodmanCli::images() {
    TRY_ASSIGN(const std::string json, run({"podman images",
                                            {"images", "--format", "json"},
                                            options_.call_timeout,
                                            kUncollected}));
    return parse_images(json);
}

Result<std::vector<ContainerInfo>> PodmanCli::containers() {
    TRY_ASSIGN(const std::string json,
               run({"podman ps",
                    // podman looks at no others, whatever is wrong with them.
                    {"ps", "--all", "--filter", std::string("label=") + kOurs, "--format", "json"},
                    options_.call_timeout,
                    kUncollected}));
    return parse_containers(json);
}

Result<host::Inventory> PodmanCli::inventory() {
    // A call of podman takes its time to start, whatever it is asked.
    auto asked = std::async([this] { return images(); });
    auto there = containers();
    auto brought = asked.get();
    if (!brought) return model::fail(std::move(brought).error());
    if (!there) return model::fail(std::move(there).error());
    return host::Inventory{.images = std::move(*brought), .containers = std::move(*there)};
}

Result<std::vector<std::string>> PodmanCli::secrets() {
    TRY_ASSIGN(const std::string names, run({"podman secret ls",
                                             {"secret", "ls", "--format", "{{.Name}}"},
                                             options_.call_timeout}));
    return parse_lines(names);
}

Result<Sha256> PodmanCli::pull_layout(const fs::path& layout, const std::string& ref) {
    TRY_ASSIGN(const PullView view, PullView::make(layout, ref, pull_view()));
    TRY_ASSIGN(const fs::path store, graph_root());
    TRY_ASSIGN(const TemporaryDirectory temporary, TemporaryDirectory::make(pull_blobs(store)));
    TRY_ASSIGN(const auto own_store, own_store_only());
    auto environment = own_store;
    environment["TMPDIR"] = temporary.path();
    TRY_ASSIGN(const std::string printed, run({"podman pull " + layout.string() + ":" + ref,
                                               {"pull", "--quiet", "oci:" + view.path().string()},
                                               options_.image_timeout,
                                               environment,
                                               true}));
    TRY_ASSIGN(const Sha256 id, Sha256::parse(process::last_line(printed)));
    TRY(confirm_image(id, own_store));
    // podman 5 gives no name, and says that there is none to take away.
    static_cast<void>(run({"podman untag",
                           {"untag", id.hex(), view.image_name()},
                           options_.call_timeout,
                           own_store}));
    return id;
}

Result<Sha256> PodmanCli::pull(const std::string& reference) {
    TRY_ASSIGN(const fs::path store, graph_root());
    TRY_ASSIGN(const TemporaryDirectory temporary, TemporaryDirectory::make(pull_blobs(store)));
    TRY_ASSIGN(const auto own_store, own_store_only());
    auto environment = own_store;
    environment["TMPDIR"] = temporary.path();
    auto printed = run({"podman pull " + reference,
                        {"pull", "--quiet", "docker://" + without_tag(reference)},
                        options_.image_timeout,
                        environment,
                        true});
    if (!printed) return model::fail(pull_failure(printed.error(), reference));
    TRY_ASSIGN(const Sha256 id, Sha256::parse(process::last_line(*printed)));
    TRY(confirm_image(id, own_store));
    return id;
}

Result<> PodmanCli::confirm_image(const Sha256& image,
                                  const std::map<std::string, std::string>& environment) const {
    TRY(run({"podman image exists " + image.hex(),
             {"image", "exists", image.hex()},
             options_.call_timeout,
             environment}));
    return {};
}

Result<> PodmanCli::tag(const Sha256& image, const std::string& name) {
    TRY_ASSIGN(const auto own_store, own_store_only());
    TRY(run({"podman tag " + name, {"tag", image.hex(), name}, options_.call_timeout, own_store}));
    return {};
}

Result<> PodmanCli::untag(const Sha256& image, const std::string& name) {
    TRY_ASSIGN(const auto own_store, own_store_only());
    const auto untagged = run(
        {"podman untag " + name, {"untag", image.hex(), name}, options_.call_timeout, own_store});
    if (untagged || untagged.error().code() == ErrorCode::not_found) return {};
    return model::fail(untagged.error());
}

Result<> PodmanCli::push_layout(const std::string& image, const fs::path& layout,
                                const std::string& ref) {
    TRY(run({"podman push " + image,
             {"push", "--quiet", "--compression-format", "zstd", image,
              "oci:" + layout.string() + ":" + ref},
             options_.image_timeout,
             {},
             true}));
    return {};
}

Result<> PodmanCli::create(const std::vector<std::string>& arguments) {
    Call call{"podman create " + name_in(arguments), {"create"}, options_.call_timeout, {}};
    call.arguments.insert(call.arguments.end(), arguments.begin(), arguments.end());
    // Only then does the container get a socket to say READY=1 to; the path does not matter yet.
    call.environment = {{"NOTIFY_SOCKET", "/run/systemd/notify"}};
    const auto created = run(call);
    if (created) return {};
    const bool taken = created.error().text().find("is already in use") != std::string::npos;
    const auto removed = remove_half_made(name_in(arguments));
    if (!taken || !removed) return model::fail(created.error());
    TRY(run(call));
    return {};
}

/// podman notes a container in its store first and in its database later. One that it died between
/// has the name, and no command but this one sees it. What is in the database is left alone.
Result<> PodmanCli::remove_half_made(const std::string& name) const {
    if (name.empty() ||
        run({"podman container exists", {"container", "exists", name}, options_.call_timeout}))
        return {};
    TRY(run(
        {"podman rm --storage " + name, {"rm", "--storage", "--", name}, options_.call_timeout}));
    return {};
}

Result<> PodmanCli::remove_container(const std::string& name) {
    TRY_ASSIGN(const auto removed,
               run({"podman rm " + name, removal_of(name, kOurs), options_.call_timeout}));
    if (!removed.empty()) return {};  // it names what it has removed
    if (run({"podman container exists",
             {"container", "exists", "--external", name},
             options_.call_timeout}))
        return remove_half_made(name);
    return {};
}

Result<> PodmanCli::kill_containers(const std::string& label_value) {
    TRY(run({"podman stop",
             {"stop", "--time", "0", "--filter", "label=update-agent.container=" + label_value},
             options_.call_timeout}));
    return {};
}

Result<> PodmanCli::remove_by_force(const std::string& name) {
    auto arguments = removal_of(name, kOurs);
    arguments.insert(arguments.end(), {"--force", "--time", "0"});
    TRY(run({"podman rm --force " + name, arguments, options_.call_timeout}));
    return {};
}

Result<> PodmanCli::remove_image(const Sha256& image) {
    const std::string title = "podman rmi " + image.hex();
    // The same image may be in another store, which podman refuses to touch.
    TRY_ASSIGN(const auto own_store, own_store_only());
    const auto removed = run({title, {"rmi", image.hex()}, options_.call_timeout, own_store});
    if (removed || removed.error().code() == ErrorCode::not_found) return {};
    if (removed.error().text().find("more than one tag") == std::string::npos)
        return model::fail(removed.error());
    return remove_used_by_nobody(image);
}

Result<> PodmanCli::remove_used_by_nobody(const Sha256& image) const {
    // Asked before the names are taken away: an image that stays must keep them.
    TRY_ASSIGN(const std::string users,
               run({"podman ps",
                    {"ps", "--all", "--external", "--quiet", "--filter", "ancestor=" + image.hex()},
                    options_.call_timeout}));
    if (!users.empty())
        return model::fail(ErrorCode::conflict, "the image " + image.hex() +
                                                    " is in use by the container " +
                                                    users.substr(0, users.find('\n')));
    TRY_ASSIGN(const auto own_store, own_store_only());
    for (const char* const verb : {"untag", "rmi"})
        TRY(run({std::string("podman ") + verb + " " + image.hex(),
                 {verb, image.hex()},
                 options_.call_timeout,
                 own_store}));
    return {};
}

Result<fs::path> PodmanCli::mount_image(const Sha256& image) {
    TRY_ASSIGN(const std::string printed, run({"podman image mount " + image.hex(),
                                               {"image", "mount", image.hex()},
                                               options_.call_timeout}));
    return fs::path(process::last_line(printed));
}

Result<> PodmanCli::unmount_image(const Sha256& image) {
    const auto unmounted = run({"podman image unmount " + image.hex(),
                                {"image", "unmount", "--force", image.hex()},
                                options_.call_timeout});
    const bool none =
        !unmounted && (unmounted.error().code() == ErrorCode::not_found ||
                       unmounted.error().text().find("not mounted") != std::string::npos);
    if (unmounted || none) return {};
    return model::fail(unmounted.error());
}

Result<std::string> PodmanCli::health(const std::string& name) {
    TRY_ASSIGN(const std::string status, run({"podman inspect " + name,
                                              {"inspect", "--type", "container", "--format",
                                               "{{with .State.Health}}{{.Status}}{{end}}", name},
                                              options_.call_timeout}));
    return process::last_line(status);
}

}  // namespace agent::podman
