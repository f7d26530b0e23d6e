// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::images {

/// Makes of a store that podman has unpacked into `store` one that depends on its images only, in
/// place: ids of links follow from the layers' ids, records are sorted and have the names given
/// here, and nothing is there that reading needs not. What no image brings has the time of 1970;
/// the images' files, in `diff` of each layer, stay as they are. `names` are all images of the
/// store. ErrorCode::invalid where one of them is not in the store, or has more layers than an
/// overlay takes (50 are the limit here).
[[nodiscard]] model::Result<> normalise(
    const std::filesystem::path& store,
    const std::map<model::Sha256, std::set<std::string>>& names);

}  // namespace agent::images
