// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/scene.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "agent/bundle/verity_tree.hpp"
#include "agent/bundle/writer.hpp"
#include "agent/crypto/sha256.hpp"
#include "agent/model/description.hpp"
#include "agent/model/image_store.hpp"
#include "agent/model/images.hpp"
#include "agent/operations/startup.hpp"
#include "agent/store/generations.hpp"
#include "tests/unit/crypto/pki.hpp"
#include "tests/unit/operations/registry_bundle.hpp"

namespace test {

namespace {

using Json = nlohmann::json;

Json put_blob(const std::filesystem::path& layout, const std::string& type,
              const std::string& content) {
    const auto digest = agent::crypto::sha256(content).hex();
    write_text(layout / "blobs/sha256" / digest, content);
    return {{"mediaType", type}, {"digest", "sha256:" + digest}, {"size", content.size()}};
}

/// The smallest image that a layout can have; nothing here unpacks its layer.
model::Sha256 add_image(const std::filesystem::path& layout, const std::string& name, Json& index) {
    const std::string layer = "layer of " + name;
    const Json config = {
        {"architecture", "amd64"},
        {"os", "linux"},
        {"rootfs",
         {{"type", "layers"},
          {"diff_ids", {"sha256:" + agent::crypto::sha256("tar of " + name).hex()}}}}};
    const auto config_blob =
        put_blob(layout, "application/vnd.oci.image.config.v1+json", config.dump());
    const Json manifest = {
        {"schemaVersion", 2},
        {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
        {"config", config_blob},
        {"layers", {put_blob(layout, "application/vnd.oci.image.layer.v1.tar+zstd", layer)}}};
    auto entry = put_blob(layout, "application/vnd.oci.image.manifest.v1+json", manifest.dump());
    auto id = *model::Sha256::parse(config_blob["digest"].get<std::string>());
    entry["annotations"] = {{"org.opencontainers.image.ref.name", id.hex()}};
    index["manifests"].push_back(entry);
    return id;
}

std::map<std::string, model::Sha256> make_layout(const std::filesystem::path& layout,
                                                 const model::Description& description) {
    std::map<std::string, model::Sha256> ids;
    Json index = {{"schemaVersion", 2}, {"manifests", Json::array()}};
    for (const auto& image : model::images_of(description))
        if (ids.count(image.name) == 0)
            ids.emplace(image.name, add_image(layout, image.name, index));
    write_text(layout / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    write_text(layout / "index.json", index.dump());
    return ids;
}

agent::bundle::SigningMaterial signing_material(const std::string& signer) {
    if (signer.empty()) return {};
    const auto& pki = tests::shared_pki();
    return {pki.key(signer), pki.pem(signer), pki.pem("intermediate")};
}

template <typename Map>
void compare(const std::string& what, const Map& before, const Map& after, std::string& text) {
    const auto tell = [&](const std::string& key, const char* how) {
        text.append(what).append(" ").append(key).append(how);
    };
    for (const auto& [key, value] : before)
        if (const auto now = after.find(key); now == after.end())
            tell(key, " is gone\n");
        else if (!(now->second == value))
            tell(key, " is another\n");
    for (const auto& [key, value] : after)
        if (before.count(key) == 0) tell(key, " is new\n");
}

}  // namespace

std::filesystem::path make_bundle(const std::filesystem::path& file, const std::string& description,
                                  const std::string& signer) {
    model::Problems problems;
    const auto parsed = model::parse_description(description, "bundle.toml", problems);
    for (const auto& problem : problems)
        FAIL(to_string(problem));
    const TemporaryDirectory scratch;
    const auto ids = make_layout(scratch.path() / "images", parsed);
    must(agent::bundle::write_bundle({.description = model::with_image_ids(description, ids),
                                      .files = {},
                                      .image_layout = scratch.path() / "images"},
                                     signing_material(signer), file,
                                     [](std::uint64_t, std::uint64_t) { return true; }));
    return file;
}

std::filesystem::path make_store_bundle(const std::filesystem::path& file,
                                        const std::string& description) {
    model::Problems problems;
    const auto parsed = model::parse_description(description, "bundle.toml", problems);
    const TemporaryDirectory scratch;
    const auto ids = make_layout(scratch.path() / "images", parsed);
    model::ImageStore store;
    for (const auto& [name, id] : ids)
        store.images.push_back(id);
    std::sort(store.images.begin(), store.images.end());
    std::vector<std::string> configs;
    for (const auto& image : store.images)
        configs.push_back(read_text(scratch.path() / "images/blobs/sha256" / image.hex()));
    write_text(scratch.path() / "store", store_content(configs));
    const auto tree = must(agent::bundle::append_verity_tree(scratch.path() / "store"));
    const auto whole = read_text(scratch.path() / "store");
    store.root_hash = tree.root_hash;
    store.hash_offset = tree.hash_offset;
    store.digest = agent::crypto::sha256(whole);
    store.size = whole.size();
    must(agent::bundle::write_bundle({.description = model::with_image_ids(description, ids),
                                      .files = {},
                                      .image_layout = {},
                                      .store_index = model::to_text(store),
                                      .store_file = scratch.path() / "store",
                                      .store_member = model::store_member(store.root_hash)},
                                     signing_material("signer"), file,
                                     [](std::uint64_t, std::uint64_t) { return true; }));
    return file;
}

const std::filesystem::path& remote_bundle() {
    static const TemporaryDirectory directory;
    static const auto file = [] {
        auto path = directory.path() / "remote.bundle";
        must(agent::bundle::write_bundle(
            {.description = remote_description(), .files = {}, .image_layout = {}},
            signing_material("signer"), path, [](std::uint64_t, std::uint64_t) { return true; }));
        return path;
    }();
    return file;
}

std::string base_description() {
    return R"(format = 1
id = "base"
name = "Base"
version = "1.0.0"
start-timeout = "1s"
settle-time = "200ms"
type = "base"
os = ">=12"
[[containers]]
name = "broker"
image = "localhost/broker:1"
[[containers]]
name = "bridge"
image = "localhost/bridge:1"
requires = ["broker"]
)";
}

std::string view_description() {
    return R"(format = 1
id = "view"
name = "View"
version = "2.1.0"
start-timeout = "1s"
settle-time = "200ms"
type = "addon"
[[requires]]
id = "base"
version = "^1.0"
[[containers]]
name = "panel"
image = "localhost/panel:1"
)";
}

std::string clock_description() {
    return R"(format = 1
id = "clock"
name = "Clock"
version = "0.1.0"
start-timeout = "1s"
settle-time = "200ms"
type = "addon"
[[containers]]
name = "ticker"
image = "localhost/ticker:1"
)";
}

std::string patched(std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return text;
}

const std::filesystem::path& newer_base() {
    static const TemporaryDirectory directory;
    static const auto file =
        make_bundle(directory.path() / "newer.bundle",
                    patched(patched(base_description(), "1.0.0", "1.1.0"), "name = \"broker\"",
                            "name = \"broker\"\ninit = true"));
    return file;
}

const Bundles& bundles() {
    static const TemporaryDirectory directory;
    static const Bundles made = {
        make_bundle(directory.path() / "base.bundle", base_description()),
        make_bundle(directory.path() / "view.bundle", view_description()),
        make_bundle(directory.path() / "clock.bundle", clock_description())};
    return made;
}

std::string difference(const Snapshot& before, const Snapshot& after) {
    std::string text;
    compare("file", before.files, after.files, text);
    compare("image", before.images, after.images, text);
    compare("container", before.containers, after.containers, text);
    compare("loaded unit", before.loaded, after.loaded, text);
    compare("unit", before.running, after.running, text);
    if (before.mounted_images != after.mounted_images) text += "other images are mounted\n";
    compare("package", before.packages, after.packages, text);
    return text;
}

Scene::Scene() {
    write_text(root() / "etc/update-agent/trust.d/vendor.pem", tests::shared_pki().pem("root"));
    std::filesystem::create_directories(graph_root());
    engine.further_store = paths().merged_store();
}

Scene::Scene(const Scene& other) : configuration(other.configuration), retry(other.retry) {
    std::filesystem::copy(
        other.root(), root(),
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
    engine.take_state(other.engine);
    engine.further_store = paths().merged_store();
    image_mounts.supported = other.image_mounts.supported;
    services.take_state(other.services);
    packages.versions = other.packages.versions;
    installer.sources = other.installer.sources;
    installer.needs = other.installer.needs;
    machine.time = other.machine.time;
    machine.ids = other.machine.ids;
    devices = other.devices;
}

operations::Context Scene::context(bool offline) {
    return {.paths = paths(),
            .configuration = configuration,
            .host = {.engine = engine,
                     .services = services,
                     .packages = packages,
                     .package_installer = installer,
                     .machine = machine,
                     .devices = devices,
                     .events = events,
                     .hooks = hooks,
                     .image_mounts = image_mounts,
                     .store_maker = store_maker},
            .progress = progress,
            .cancelled = cancelled,
            .offline = offline,
            .who = "tester (0)",
            .build_date = std::chrono::sys_days(std::chrono::year(2025) / 1 / 1),
            .stop_helper = "/usr/libexec/update-agent/container-stopped"};
}

Result<operations::Outcome> Scene::install(const std::vector<std::filesystem::path>& files,
                                           bool dry_run) {
    return operations::change(context(), {.operation = "install",
                                          .install = {files.begin(), files.end()},
                                          .remove = {},
                                          .dry_run = dry_run,
                                          .retry = retry});
}

Result<operations::Outcome> Scene::install_with_packages(
    const std::vector<std::filesystem::path>& files, bool dry_run) {
    return operations::change(context(), {.operation = "install",
                                          .install = {files.begin(), files.end()},
                                          .remove = {},
                                          .dry_run = dry_run,
                                          .retry = retry,
                                          .install_host_packages = true});
}

Result<operations::Outcome> Scene::remove(const std::vector<std::string>& ids, bool dry_run) {
    operations::ChangeRequest request{
        .operation = "remove", .install = {}, .remove = {}, .dry_run = dry_run};
    for (const auto& id : ids)
        request.remove.push_back(model::BundleId::parse(id).value());
    return operations::change(context(), request);
}

void Scene::have(const std::vector<std::filesystem::path>& files) {
    must(install(files));
}

void Scene::initialise() {
    must(operations::initialise_store(context()));
    services.load();
}

Snapshot Scene::snapshot() const {
    Snapshot snapshot{.files = tree_of(root()),
                      .images = engine.image_names,
                      .containers = {},
                      .loaded = services.loaded,
                      .running = services.noticeable(),
                      .packages = packages.versions,
                      .mounted_images = {}};
    for (const auto* each :
         {"history.jsonl", "history.jsonl.1", "failed-sets.toml", "lock", "units.lock"})
        snapshot.files.erase(std::string("opt/operation/update-agent/") + each);
    // How the engine sees what is mounted, instead of by which files.
    snapshot.mounted_images = engine.mounted_images();
    std::erase_if(snapshot.files, [](const auto& file) {
        return file.first == "var" || file.first == "var/lib" ||
               file.first.starts_with("var/lib/update-agent");
    });
    for (const auto& [name, info] : engine.made)
        snapshot.containers[name] = info.state;
    return snapshot;
}

model::InstalledSet Scene::installed() const {
    return must(store::Generations(paths()).installed());
}

bool Scene::active(const std::string& unit) const {
    const auto found = services.units.find(unit);
    return found != services.units.end() && found->second.active == "active";
}

unsigned stride() {
    constexpr unsigned kStride = 5;
    const char* wanted = std::getenv("UPDATE_AGENT_KILL_STRIDE");
    return wanted == nullptr ? kStride : static_cast<unsigned>(std::stoul(wanted));
}

}  // namespace test
