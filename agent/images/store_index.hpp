// SPDX-License-Identifier: GPL-3.0-or-later
// The records of a store that podman reads, as far as merging several has to know them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/model/result.hpp"
#include "agent/store/json_text.hpp"

namespace agent::images {

inline constexpr std::string_view kImageIndex = "overlay-images/images.json";
inline constexpr std::string_view kLayerIndex = "overlay-layers/layers.json";
inline constexpr std::size_t kMaxIndexBytes = 16U << 20U;

/// One image; all that podman knows of it is in `json`.
// NOLINTNEXTLINE(bugprone-exception-escape): the json library ends a value with a stack on the heap
struct ImageRecord {
    std::string id;
    /// The topmost; empty for an image without any.
    std::string layer;
    std::vector<std::string> names;
    store::Json json;
};

/// One layer; all that podman knows of it is in `json`, but its names.
// NOLINTNEXTLINE(bugprone-exception-escape): the json library ends a value with a stack on the heap
struct LayerRecord {
    std::string id;
    /// Empty for the lowest.
    std::string parent;
    /// podman did not get to the end of it.
    bool incomplete = false;
    store::Json json;
};

// ErrorCode::invalid with the first thing that is wrong: ids that are not 64 hexadecimal digits,
// and values that podman could not read.
[[nodiscard]] model::Result<std::vector<ImageRecord>> parse_images(std::string_view text);
[[nodiscard]] model::Result<std::vector<LayerRecord>> parse_layers(std::string_view text);

/// Whether it is one, and nothing else: it may become a path.
[[nodiscard]] bool is_id(std::string_view text);
/// 26 characters of A-Z and 2-7, by which layers find each other in overlay/l.
[[nodiscard]] bool is_link_id(std::string_view text);
/// Where a store has what it takes to pack a layer again.
[[nodiscard]] std::string tar_split_of(const std::string& layer);

}  // namespace agent::images
