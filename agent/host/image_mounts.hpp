// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::host {

/// What the kernel and its tools can do for image stores.
struct StoreSupport {
    /// Why none can be mounted at all; empty where one can.
    std::string problem;
    /// Whether the kernel can verify blocks while they are read (dm-verity), and mount(8) ask it.
    bool verity = false;
    bool operator==(const StoreSupport&) const = default;
};

struct StoreMount {
    std::filesystem::path file;
    std::filesystem::path where;
    /// Verified while it is read, against this.
    bool verity = false;
    model::Sha256 root_hash;
    std::uint64_t hash_offset = 0;
    bool operator==(const StoreMount&) const = default;
};

/// Mounting of image stores: read-only, without devices and set-user-ID programs.
class ImageMounts {
  public:
    virtual ~ImageMounts() = default;

    /// As ContainerEngine::keep_open(), for calls of mount(8).
    virtual void keep_open(int descriptor) = 0;
    /// Asked without side effects but that the kernel may load its modules.
    [[nodiscard]] virtual StoreSupport support() = 0;
    /// Mount points directly below the directory.
    [[nodiscard]] virtual model::Result<std::set<std::filesystem::path>> mounted(
        const std::filesystem::path& below) = 0;
    /// Whether what is mounted there is read from the file, and not from another one that had its
    /// name before. Where that cannot be told, it is taken to be so.
    [[nodiscard]] virtual bool reads(const std::filesystem::path& where,
                                     const std::filesystem::path& file) = 0;
    /// Whether a block that was read of what is mounted there was not what the root hash says.
    /// Absent where nothing verifies it, or the caller is not root, whom alone the kernel tells.
    [[nodiscard]] virtual std::optional<bool> damaged(const std::filesystem::path& where) = 0;
    /// Makes the mount point where it is missing. ErrorCode::invalid where the file is not what its
    /// root hash says, as far as mounting can tell; internal, with what mount(8) said, else.
    [[nodiscard]] virtual model::Result<> mount(const StoreMount& store) = 0;
    /// Mounts the tree that these directories make, the topmost first, to be read only, and makes
    /// the mount point where it is missing.
    [[nodiscard]] virtual model::Result<> mount_layers(
        const std::vector<std::filesystem::path>& layers, const std::filesystem::path& where) = 0;
    /// Takes the mount away from the tree at once, from who has it open as soon as they close it,
    /// and removes the mount point. What is not mounted is no failure.
    [[nodiscard]] virtual model::Result<> unmount(const std::filesystem::path& where) = 0;
};

}  // namespace agent::host
