// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/storage_conf.hpp"

#include <algorithm>

#include "agent/podman/storage_text.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::podman {

namespace {

using host::ImageStoreUse;
using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

constexpr const char* kDefault = "/var/lib/containers/storage";
constexpr const char* kAdministrators = "etc/containers/storage.conf";
constexpr const char* kDistributions = "usr/share/containers/storage.conf";
constexpr std::string_view kOverlay = "overlay";
// By postrm, the first line of what it may remove.
constexpr const char* kOurComment =
    "# Made by update-agent, so that podman sees the images of bundles that are mounted. It may "
    "be\n"
    "# edited, but has to name the directory of additionalimagestores as long as there are any.\n";
constexpr const char* kWithoutDistributions =
    "[storage]\n"
    "driver = \"overlay\"\n"
    "runroot = \"/run/containers/storage\"\n"
    "graphroot = \"/var/lib/containers/storage\"\n";

/// The file that counts; without a name, where there is none.
struct Configuration {
    std::string file;
    std::string text;
    bool is_administrators = false;
    StorageSettings settings = {};
};

Result<Configuration> read_configuration(const fs::path& root) {
    for (const char* name : {kAdministrators, kDistributions}) {
        Configuration found{.file = (root / name).string(),
                            .text = {},
                            .is_administrators = name == kAdministrators};
        auto text = store::read_file(found.file);
        if (!text && text.error().code() == ErrorCode::not_found) continue;
        if (!text)
            return model::fail(ErrorCode::conflict,
                               found.file + " cannot be read: " + text.error().text());
        found.text = std::move(*text);
        TRY_ASSIGN(found.settings, parse_storage(found.text, found.file));
        return found;
    }
    return Configuration{};
}

fs::path graph_root_of(const StorageSettings& settings) {
    return settings.graph_root.empty() ? kDefault : settings.graph_root;
}

/// Lexically, without a slash at the end.
std::string normal(const fs::path& path) {
    auto text = path.lexically_normal().string();
    while (text.size() > 1 && text.ends_with('/'))
        text.pop_back();
    return text;
}

bool names_store(const StorageSettings& settings, const fs::path& directory) {
    const auto& stores = settings.image_stores;
    return std::any_of(stores.begin(), stores.end(),
                       [&](const auto& store) { return normal(store) == normal(directory); });
}

/// podman goes on with the driver that its store was made with, whatever is configured.
std::string driver_of_store(const fs::path& store) {
    constexpr std::string_view kSuffix = "-images";
    std::string driver;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(store, error)) {
        const auto name = entry.path().filename().string();
        if (!name.ends_with(kSuffix)) continue;
        driver = name.substr(0, name.size() - kSuffix.size());
        if (driver == kOverlay) break;
    }
    return driver;
}

bool is_overlay(const std::string& driver) {
    return driver.empty() || driver == kOverlay || driver == "overlay2";
}

std::string other_driver(const Configuration& configuration, const fs::path& root) {
    constexpr const char* kWhatToDo =
        ", and mounted images need overlay: \"podman system reset\", which removes all containers "
        "and images, lets another one be configured";
    if (const auto& driver = configuration.settings.driver; !is_overlay(driver))
        return "podman's storage driver is " + driver + " (" + configuration.file + ")" + kWhatToDo;
    const auto store = graph_root_of(configuration.settings);
    if (const auto driver = driver_of_store(root / store.relative_path()); !is_overlay(driver))
        return "podman's store in " + store.string() + " was made with the storage driver " +
               driver + kWhatToDo;
    return {};
}

std::string line_to_add(const Configuration& configuration, const fs::path& directory) {
    auto stores = configuration.settings.image_stores;
    const bool is_new = stores.empty();
    stores.push_back(normal(directory));
    return configuration.file +
           " is somebody's own and does not name the directory of mounted images: " +
           (is_new ? "add this line" : "let this line be") +
           " in its section [storage.options]: " + image_stores_line(stores);
}

/// What the configuration has to become; nothing where that takes a person.
std::optional<std::string> new_text(const Configuration& configuration, const fs::path& directory) {
    auto text = with_image_store(
        configuration.file.empty() ? kWithoutDistributions : configuration.text, normal(directory));
    if (text) text->insert(0, kOurComment);
    return text;
}

ImageStoreUse use_of(const Configuration& configuration, const fs::path& root,
                     const fs::path& directory) {
    if (auto other = other_driver(configuration, root); !other.empty())
        return {.used = false, .obstacle = std::move(other)};
    if (names_store(configuration.settings, directory)) return {.used = true, .obstacle = {}};
    std::error_code error;
    if (!configuration.is_administrators && fs::is_symlink(root / kAdministrators, error))
        return {.used = false,
                .obstacle =
                    (root / kAdministrators).string() + " is a link that leads nowhere: remove it"};
    if (configuration.is_administrators)
        return {.used = false, .obstacle = line_to_add(configuration, directory)};
    if (!new_text(configuration, directory))
        return {.used = false,
                .obstacle = configuration.file +
                            " has a list additionalimagestores that cannot be "
                            "made longer: write an /etc/containers/"
                            "storage.conf with the line " +
                            image_stores_line({normal(directory)}) + " in [storage.options]"};
    return {};
}

}  // namespace

Result<fs::path> graph_root(const fs::path& root) {
    TRY_ASSIGN(const auto configuration, read_configuration(root));
    return graph_root_of(configuration.settings);
}

Result<ImageStoreUse> look_for_store(const fs::path& root, const fs::path& directory) {
    const auto configuration = read_configuration(root);
    // What podman cannot read either keeps a bundle from being installed, not from being looked at.
    if (!configuration)
        return ImageStoreUse{.used = false, .obstacle = configuration.error().text()};
    return use_of(*configuration, root, directory);
}

Result<> add_store(const fs::path& root, const fs::path& directory) {
    TRY_ASSIGN(const auto configuration, read_configuration(root));
    const auto use = use_of(configuration, root, directory);
    if (use.used) return {};
    if (!use.obstacle.empty()) return model::fail(ErrorCode::conflict, use.obstacle);
    const auto text = *new_text(configuration, directory);
    const auto copy = root / directory.parent_path().relative_path() / "storage.conf";
    const auto file = root / kAdministrators;
    TRY(store::make_directories(copy.parent_path()));
    TRY(store::make_directories(file.parent_path()));
    // First, so that a file of ours never is without it.
    TRY(store::write_file_atomically(copy, text));
    return store::write_file_atomically(file, text);
}

Result<std::optional<std::string>> text_without_stores(const fs::path& root,
                                                       const fs::path& directory) {
    TRY_ASSIGN(const auto configuration, read_configuration(root));
    if (!names_store(configuration.settings, directory)) return std::optional<std::string>();
    auto text = without_image_stores(configuration.text);
    if (text) return text;
    return model::fail(ErrorCode::conflict,
                       configuration.file +
                           ": write the list additionalimagestores as lines of its own in "
                           "[storage.options], such as " +
                           image_stores_line(configuration.settings.image_stores));
}

}  // namespace agent::podman
