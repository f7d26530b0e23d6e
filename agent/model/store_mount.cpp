// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/store_mount.hpp"

namespace agent::model {

std::string store_mount_options(const InstalledStore& store, const std::string& file) {
    const std::string options = "ro,nodev,nosuid,";
    if (!store.verity) return options + "loop";
    return options + "verity.hashdevice=" + file +
           ",verity.hashoffset=" + std::to_string(store.hash_offset) +
           ",verity.roothash=" + store.root_hash.hex();
}

std::string store_mount_name(const Sha256& bundle_digest) {
    constexpr std::size_t kDigits = 16;
    return bundle_digest.hex().substr(0, kDigits);
}

std::string kept_bundle_name(const BundleId& id, const Version& version) {
    const auto text = version.to_string();
    // Versions that differ in their build metadata alone are the same version.
    return id.value() + "_" + text.substr(0, text.find('+'));
}

}  // namespace agent::model
