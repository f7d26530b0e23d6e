// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::images {

/// In a store that is used beside another, each layer takes its path of the one page that the
/// kernel has for the options of an overlay.
inline constexpr std::size_t kMostLayers = 50;

/// What a store that depends on its images only says of them, and which layers these have.
struct StoreRecords {
    /// Texts of overlay-images/images.json and overlay-layers/layers.json.
    std::string images;
    std::string layers;
    /// Ids of the layers below each layer, the next one first.
    std::map<model::Sha256, std::vector<model::Sha256>> below;
};

/// Makes them of the texts that podman has written. `names` are the images that stay, with their
/// names; an image of `dated` keeps the time that it has. ErrorCode::invalid where an image is not
/// there or has more than 50 layers; internal where a text is not what podman writes.
[[nodiscard]] model::Result<StoreRecords> fixed_records(
    const std::string& images, const std::string& layers,
    const std::map<model::Sha256, std::set<std::string>>& names,
    const std::set<model::Sha256>& dated);

/// Name of the link to a layer in overlay/l, which layers above it have in their file `lower`: the
/// same in every store, so that a layer can be taken from another one.
[[nodiscard]] std::string link_id(const model::Sha256& layer);

/// The name as podman has it in its store: `ticker` is `localhost/ticker:latest`.
[[nodiscard]] std::string stored_name(const std::string& name);

}  // namespace agent::images
