// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

namespace agent::apt::helper {

/// Where apt keeps what it downloads, with a slash at its end.
[[nodiscard]] std::string archive_directory();
/// Name of a package's file in there.
[[nodiscard]] std::string archive_name(const std::string& name, const std::string& version,
                                       const std::string& architecture);
/// Removes that file, and what apt leaves of one that it could not download whole.
void remove_archive(const std::string& name);

}  // namespace agent::apt::helper
