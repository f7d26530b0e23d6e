// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::apt::helper {

/// What an installation has begun, on disk before it does so: without it nothing that is there in a
/// listed version is ours to take out.
struct Record {
    /// Files in apt's archive directory that were not there before.
    std::vector<std::string> archives;
    /// None of the packages was there, and dpkg may have begun with any of them.
    bool installing = false;
};

/// Replaces the file whole and syncs it.
[[nodiscard]] model::Result<> write_record(const std::filesystem::path& file, const Record& record);
/// Nothing where there is none. ErrorCode::internal where it cannot be read.
[[nodiscard]] model::Result<std::optional<Record>> read_record(const std::filesystem::path& file);

}  // namespace agent::apt::helper
