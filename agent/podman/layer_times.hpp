// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <iosfwd>

#include "agent/model/result.hpp"

namespace agent::podman {

/// Gives the time of 1970 to what podman has made by itself in the unpacked layer `diff`, which has
/// the time of the unpacking: the directory itself, directories below it that no entry of the
/// layer's archive is for, and whiteouts. All else has the time that its entry says. `archive` is
/// what podman keeps of the archive, a document a line; ErrorCode::internal where that is something
/// else.
[[nodiscard]] model::Result<> forget_own_times(std::istream& archive,
                                               const std::filesystem::path& diff);

}  // namespace agent::podman
