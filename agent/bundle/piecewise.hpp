// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "agent/bundle/file_io.hpp"
#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::bundle {

/// What is done with a piece of a file; a failure ends the reading.
using TakePiece = std::function<model::Result<>(std::span<const std::byte>)>;

/// Hands what the range has to `take`, in order and in pieces of at most 1 MiB.
[[nodiscard]] model::Result<> read_pieces(const FileRange& range, const TakePiece& take);
/// The same, and returns the digest of all of it.
[[nodiscard]] model::Result<model::Sha256> hash_pieces(const FileRange& range,
                                                       const TakePiece& take = {});

}  // namespace agent::bundle
