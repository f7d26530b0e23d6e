// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/installed_set.hpp"

namespace agent::model {

/// Directories below which volumes may lie, at least one; volumes that name no host path of their
/// own lie below the first.
using VolumeRoots = std::vector<std::string>;
inline constexpr const char* kVolumeRoot = "/opt/data";

/// In each of the roots, what the volumes below it were before they were written to; no volume.
inline constexpr std::string_view kSnapshotsDirectory = ".update-agent";

/// The groups that a bundle defines: those of `groups`, then that of `bundle-group`.
[[nodiscard]] std::vector<Group> groups_of(const Description& bundle);

/// The volumes that a bundle defines, each with its host path: those of `volumes`, then the one
/// that `bundle-group` brings.
[[nodiscard]] std::vector<Volume> volumes_of(const Description& bundle, const VolumeRoots& roots);

/// The volume that a mount of the bundle means by that name: its own, or a shared one of a bundle
/// that it requires. Nothing where there is none.
[[nodiscard]] std::optional<Volume> find_volume(const InstalledSet& set, const Description& bundle,
                                                const std::string& name, const VolumeRoots& roots);

/// The number of the group that the bundle means by that name: its own, or one of a bundle that it
/// requires. Nothing where no such bundle defines it.
[[nodiscard]] std::optional<std::uint32_t> find_gid(const InstalledSet& set,
                                                    const Description& bundle,
                                                    const std::string& name);

/// Whether one of two paths is the other, or lies below it.
[[nodiscard]] bool overlap(const std::string& one, const std::string& other);
/// Whether a path lies below a directory, and is not that directory.
[[nodiscard]] bool is_below(const std::string& path, const std::string& directory);

}  // namespace agent::model
