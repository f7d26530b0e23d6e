// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::images {

/// A mounted store and its two indexes, as containers-storage(5) has them.
struct MountedStore {
    std::filesystem::path where;
    /// Texts of overlay-images/images.json and overlay-layers/layers.json.
    std::string images;
    std::string layers;
    /// Names in overlay/l, and what these links say.
    std::map<std::string, std::string> links;
    /// Ids of layers that cannot be packed again, as the names of their archive are missing.
    std::set<std::string> without_tar_split{};
};

/// Reads the indexes of a store that is mounted there, and looks at all that podman would follow.
/// ErrorCode::invalid, naming the file, where something could lead out of the store, is no part of
/// one that update-agent makes, or could not be read by podman; not_found where there is no store.
[[nodiscard]] model::Result<MountedStore> read_store(const std::filesystem::path& where);

/// A link of the merged store, relative to its directory.
struct StoreLink {
    std::filesystem::path path;
    std::filesystem::path target;
    bool operator==(const StoreLink&) const = default;
};

/// One store that leads to several: its indexes, and the links that it consists of.
struct MergedStore {
    std::string images;
    std::string layers;
    /// Sorted by path.
    std::vector<StoreLink> links;
    bool operator==(const MergedStore&) const = default;
};

/// Every image and layer once, from the first store that has it; a name belongs to the first image
/// that has it, because podman refuses a store where two have the same. What a store lists and
/// whose layers are nowhere is left out, and so is what podman does not know of a record.
/// ErrorCode::invalid, naming the store, where an index cannot be read.
[[nodiscard]] model::Result<MergedStore> merge(const std::vector<MountedStore>& stores);

/// Where the link leads as long as there is no image.
inline constexpr const char* kEmptyStore = "empty";

/// Makes `<base>/images` lead to this store, by one rename: whoever looks sees the former or this
/// one, whole and on disk. Nothing is written where it is this one already. What former ones have
/// left is removed, but for the last. `<base>/images` is a symbolic link to `empty` or to
/// `sets/<number>`, both beside it; `empty` is made where it is missing.
[[nodiscard]] model::Result<> publish(const std::filesystem::path& base, const MergedStore& store);

}  // namespace agent::images
