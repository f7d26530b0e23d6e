// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::images {

/// Ids of all layers in a store; none where that is not there.
[[nodiscard]] model::Result<std::set<std::string>> store_layers(const std::filesystem::path& store);

/// Directories of an image's layers in a store as publish() shows it, the topmost first, by names
/// that are short enough for many of them to fit into the options of one mount. Nothing where the
/// store, or the image in it, is not there.
[[nodiscard]] model::Result<std::optional<std::vector<std::filesystem::path>>> image_layers(
    const std::filesystem::path& store, const model::Sha256& image);

}  // namespace agent::images
