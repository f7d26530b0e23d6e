// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <span>

#include "agent/bundle/piecewise.hpp"

namespace agent::bundle {

// The difference of two files in the format of rdiff(1), as librsync writes it: parts of the old
// file by their place in it, and between them what is new.

/// The next piece, good until the next call; empty at the end.
using PieceSource = std::function<model::Result<std::span<const std::byte>>()>;

/// Asked again and again in what takes long; a failure ends it.
using GoOn = std::function<model::Result<>()>;

/// Gives `take` what makes `fresh` of `old`. Needs some 50 bytes of memory for each KiB of `old`.
[[nodiscard]] model::Result<> write_rdiff(const FileRange& old, const FileRange& fresh,
                                          const TakePiece& take, const GoOn& go_on);

/// Gives `take` what the difference makes of `old`. Needs constant memory. ErrorCode::invalid where
/// it is none, or one of another file; what it makes has to be compared with what is wanted.
[[nodiscard]] model::Result<> apply_rdiff(const FileRange& old, const PieceSource& difference,
                                          const TakePiece& take);

}  // namespace agent::bundle
