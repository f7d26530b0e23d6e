// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/paths.hpp"

#include <string>

#include "agent/model/store_mount.hpp"

namespace agent::store {

std::filesystem::path Paths::operation() const {
    return root_ / "opt/operation";
}

std::filesystem::path Paths::units_link() const {
    return operation() / "systemd-units";
}

std::filesystem::path Paths::state() const {
    return operation() / "update-agent";
}

std::filesystem::path Paths::generations() const {
    return state() / "generations";
}

std::filesystem::path Paths::generation(unsigned number) const {
    return generations() / std::to_string(number);
}

std::filesystem::path Paths::generation_state(unsigned number) const {
    return generations() / (std::to_string(number) + ".state");
}

std::filesystem::path Paths::generation_files(unsigned number) const {
    return generations() / (std::to_string(number) + ".files");
}

std::filesystem::path Paths::bundles() const {
    return state() / "bundles";
}

std::filesystem::path Paths::bundle(const model::BundleId& id,
                                    const model::Version& version) const {
    return bundles() / model::kept_bundle_name(id, version);
}

std::filesystem::path Paths::floors() const {
    return state() / "floors.toml";
}

std::filesystem::path Paths::history() const {
    return state() / "history.jsonl";
}

std::filesystem::path Paths::older_history() const {
    return state() / "history.jsonl.1";
}

std::filesystem::path Paths::transaction() const {
    return state() / "transaction";
}

std::filesystem::path Paths::failed_sets() const {
    return state() / "failed-sets.toml";
}

std::filesystem::path Paths::image_stores() const {
    return root_ / "var/lib/update-agent";
}

std::filesystem::path Paths::store_mounts() const {
    return image_stores() / "mounts";
}

std::filesystem::path Paths::merged_store() const {
    return image_stores() / "images";
}

std::filesystem::path Paths::lock() const {
    return state() / "lock";
}

std::filesystem::path Paths::units_lock() const {
    return state() / "units.lock";
}

}  // namespace agent::store
