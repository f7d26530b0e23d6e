// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "agent/model/result.hpp"
#include "agent/store/descriptor.hpp"
#include "agent/volumes/file_data.hpp"

namespace agent::volumes {

/// Makes the directory `name` in `to`, which must not be there, a copy of `from` with all that is
/// in it: owners, modes, times, extended attributes with ACLs, hard links among its files, symbolic
/// links, devices and holes. What is mounted below it is left out, its mount points excepted.
/// `shown` is the path of `from` in messages.
[[nodiscard]] model::Result<> copy_tree(const store::Descriptor& from,
                                        const std::filesystem::path& shown,
                                        const store::Descriptor& to, const std::string& name,
                                        CopyBudget& budget);
/// The same for what is in `from`, into a directory that is there, which gets its attributes, and
/// has nothing but directories that lead to what is mounted below it: that stays.
[[nodiscard]] model::Result<> copy_content(const store::Descriptor& from,
                                           const std::filesystem::path& shown,
                                           const store::Descriptor& to, CopyBudget& budget);

/// Bytes that the files below it take on the disk, those of hard links once.
[[nodiscard]] model::Result<std::uint64_t> size_of_tree(const store::Descriptor& directory,
                                                        const std::filesystem::path& shown);

}  // namespace agent::volumes
