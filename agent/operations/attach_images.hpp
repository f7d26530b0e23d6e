// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "agent/operations/effects.hpp"

namespace agent::operations {

// Images that are not unpacked: each kept bundle may have a file with an image store, which is
// mounted; the engine sees all that are mounted as one. What is mounted and seen follows from what
// is kept, so that doing it again, by whoever, comes to the same.

/// Where the engine of a running machine looks for them.
[[nodiscard]] std::filesystem::path image_store_directory();
/// Whether a kept bundle, by its directory, has an image store.
[[nodiscard]] bool has_image_store(const std::filesystem::path& directory);

/// Whether any bundle of the set has its images mounted.
[[nodiscard]] bool has_image_store(const model::InstalledSet& set);

struct AttachFailure {
    /// Name of the kept directory.
    std::string bundle;
    model::Error error;
};
using AttachFailures = std::vector<AttachFailure>;

/// Mounts the image stores of all kept bundles but those of `without`, lets the engine see exactly
/// these, and unmounts the others. One that is mounted and whose file was replaced is mounted
/// again, unless its bundle is of the current set: that is a warning. One that cannot be mounted is
/// told, and keeps no other one from it. Does nothing where no bundle has ever had one.
[[nodiscard]] model::Result<AttachFailures> attach_images(
    const Context& context, const std::set<std::string>& without = {});

/// Ids of the layers in a kept bundle's store; none where it has no store, or that is not mounted.
[[nodiscard]] model::Result<std::set<std::string>> attached_layers(const Context& context,
                                                                   const std::string& bundle);

/// The file system of an image, to be read only, be it in a store that is attached or in the
/// engine's own; the caller ends that by unmount_image().
[[nodiscard]] model::Result<std::filesystem::path> mount_image(const Context& context,
                                                               const model::Sha256& image);
/// One that is not mounted is no failure.
[[nodiscard]] model::Result<> unmount_image(const Context& context, const model::Sha256& image);

/// The effect: fails where one of its bundles cannot be used.
[[nodiscard]] model::Result<> attach_images(const AttachImages& effect, World& world);
[[nodiscard]] model::Result<> undo_attach_images(const AttachImages& effect, World& world);

/// The same for what is kept at a boot; what cannot be mounted is a warning, because other bundles
/// are to start.
[[nodiscard]] model::Result<> publish_images(const Context& context);

}  // namespace agent::operations
