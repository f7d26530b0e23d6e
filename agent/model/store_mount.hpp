// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "agent/model/ids.hpp"
#include "agent/model/installed_set.hpp"
#include "agent/model/version.hpp"

namespace agent::model {

/// Type of the file system that an image store is.
inline constexpr std::string_view kStoreFileSystem = "squashfs";

/// Options by which mount(8) mounts the store that is in `file`, whether systemd or the agent calls
/// it. The path must have no comma.
[[nodiscard]] std::string store_mount_options(const InstalledStore& store, const std::string& file);

/// Name of the directory that a bundle's store is mounted on, by the digest of its manifest: unlike
/// what the manifest only says of the store, nobody else can have it.
[[nodiscard]] std::string store_mount_name(const Sha256& bundle_digest);

/// Name of the directory that has the files of an installed bundle, in update-agent/bundles.
[[nodiscard]] std::string kept_bundle_name(const BundleId& id, const Version& version);

}  // namespace agent::model
