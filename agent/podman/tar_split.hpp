// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <iosfwd>

#include "agent/model/result.hpp"

namespace agent::podman {

/// Writes again what podman keeps of a layer's archive beside its files, a document a line: headers
/// and padding as segments. podman 5 divides the padding at the end by how it happened to read it;
/// here, whatever lies between two files is one segment. ErrorCode::internal for anything else than
/// podman writes.
[[nodiscard]] model::Result<> join_segments(std::istream& from, std::ostream& to);

}  // namespace agent::podman
