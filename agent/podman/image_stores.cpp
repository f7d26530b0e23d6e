// SPDX-License-Identifier: GPL-3.0-or-later
// Those functions of PodmanCli that are about image stores beside podman's own.
#include "agent/podman/own_store.hpp"
#include "agent/podman/podman_call.hpp"
#include "agent/podman/podman_cli.hpp"
#include "agent/podman/storage_conf.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::podman {

using model::Result;
namespace fs = std::filesystem;

Result<host::ImageStoreUse> PodmanCli::image_store_use(const fs::path& directory) {
    return look_for_store(options_.root, directory);
}

Result<> PodmanCli::use_image_store(const fs::path& directory) {
    return add_store(options_.root, directory);
}

Result<std::vector<std::string>> PodmanCli::users_of_layers(const std::set<std::string>& layers,
                                                            const std::set<std::string>& ours) {
    TRY_ASSIGN(const auto directory, podman::graph_root(options_.root));
    return podman::users_of_layers(options_.root / directory.relative_path(), layers, ours);
}

fs::path PodmanCli::pull_storage_conf() const {
    return options_.runtime_directory / "pull-storage.conf";
}

/// podman takes layers that it finds in another store for pulled, and the image would be broken
/// when that store goes.
Result<std::map<std::string, std::string>> PodmanCli::own_store_only() const {
    TRY_ASSIGN(const auto text, text_without_stores(options_.root, options_.image_store));
    if (!text) return std::map<std::string, std::string>();
    TRY(store::make_directories(options_.runtime_directory));
    TRY(store::write_file_atomically(pull_storage_conf(), *text));
    return std::map<std::string, std::string>{
        {"CONTAINERS_STORAGE_CONF", pull_storage_conf().string()}};
}

}  // namespace agent::podman
