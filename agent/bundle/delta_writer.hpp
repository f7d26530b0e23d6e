// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/bundle/delta_origin.hpp"
#include "agent/bundle/rdiff.hpp"
#include "agent/bundle/reader.hpp"

namespace agent::bundle {

/// The image store of the bundle file that a delta starts from.
struct DeltaBase {
    DeltaOrigin origin;
    FileRange store;
    /// Its data, in front of the hash tree.
    std::uint64_t data_bytes = 0;
};

/// Writes the delta file that is for the bundle file `fresh`, which has an image store: all of its
/// members as they are, but the store as what differs from that of `base`. Written atomically.
/// ErrorCode::invalid where the base's store is not what its manifest lists, or `fresh` has none;
/// that `fresh` is what its own manifest lists is for the caller to know.
[[nodiscard]] model::Result<> write_delta(const DeltaBase& base, const std::filesystem::path& fresh,
                                          const std::filesystem::path& output, const GoOn& go_on);

}  // namespace agent::bundle
