// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/description.hpp"

namespace agent::model {

using SystemTime = std::chrono::system_clock::time_point;

/// A container as a generation has it.
struct InstalledContainer {
    ContainerName name;
    /// `<name>-<first 8 hex digits of spec>`, its name in podman.
    std::string podman_name;
    /// Digest of the arguments of `podman create`.
    Sha256 spec;
    Sha256 image_id;
    bool operator==(const InstalledContainer&) const = default;
};

/// Of a bundle whose images are mounted instead of unpacked; docs/bundle-format.md.
struct InstalledStore {
    Sha256 root_hash;
    /// Of the hash tree, in the file.
    std::uint64_t hash_offset = 0;
    /// Blocks are verified while they are read; else the file was hashed when it was installed.
    bool verity = false;
    bool operator==(const InstalledStore&) const = default;
};

struct InstalledBundle {
    Description description;
    /// SHA-256 of the bundle file's manifest: what "the same content" means.
    Sha256 digest;
    /// SHA-256 of the trust anchor's certificate; empty for an unsigned bundle.
    std::string anchor;
    std::vector<InstalledContainer> containers;
    std::optional<InstalledStore> store = std::nullopt;
    bool operator==(const InstalledBundle&) const = default;
};

/// One complete installed set. Generation 0 is the empty one that needs no directory.
struct InstalledSet {
    unsigned generation = 0;
    std::map<BundleId, InstalledBundle> bundles;
    bool operator==(const InstalledSet&) const = default;

    [[nodiscard]] const InstalledBundle* find(const BundleId& id) const;
    /// The bundle that has a container of that name, or nullptr.
    [[nodiscard]] const InstalledBundle* owner_of(const ContainerName& name) const;
    /// Ids of the installed bundles that require `id`, directly.
    [[nodiscard]] std::vector<BundleId> required_by(const BundleId& id) const;
};

}  // namespace agent::model
