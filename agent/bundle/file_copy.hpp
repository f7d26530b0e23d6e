// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "agent/bundle/file_io.hpp"

namespace agent::bundle {

/// Called with the bytes done. Returning false ends the copying with ErrorCode::busy ("cancelled").
using CopyProgress = std::function<bool(std::uint64_t done)>;

/// Gives `to`, which is empty, the content of `from` by sharing its blocks. False where the file
/// system cannot, or not at this offset: then nothing was written.
[[nodiscard]] bool clone_range(const FileRange& from, const FileDescriptor& to);

/// The same, or a copy, inside the kernel where that can. ErrorCode::unreachable where `from`
/// cannot be read, ErrorCode::invalid where its file ends before it. `target` names `to` in errors.
[[nodiscard]] model::Result<> copy_range(const FileRange& from, const FileDescriptor& to,
                                         const std::filesystem::path& target,
                                         const CopyProgress& progress);

}  // namespace agent::bundle
