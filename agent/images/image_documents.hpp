// SPDX-License-Identifier: GPL-3.0-or-later
// podman opens the manifest and the config of every image that it lists, and lists none where one
// of them is broken.
#pragma once

#include <cstdint>
#include <filesystem>

#include "agent/images/store_index.hpp"
#include "agent/model/result.hpp"

namespace agent::images {

inline constexpr std::uintmax_t kMaxBigDataBytes = 4U << 20U;

/// Looks at what an image has in `directory` of a store, its big data: regular files only, those
/// that its record names, the config whose digest is the image's id, and manifests of that config.
/// ErrorCode::invalid, naming the file, for anything else.
[[nodiscard]] model::Result<> check_image(const std::filesystem::path& directory,
                                          const ImageRecord& image);

/// The file that an item of big data lies in, as containers/storage names it.
[[nodiscard]] std::string big_data_file(const std::string& item);

}  // namespace agent::images
