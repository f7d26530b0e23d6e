// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "agent/model/result.hpp"
#include "agent/store/descriptor.hpp"
#include "agent/volumes/volume.hpp"

namespace agent::volumes {

/// ACLs of a directory, as text of acl(5) with numbers instead of names.
struct Acls {
    std::string access;
    /// Of what is made in it; empty where it has none.
    std::string defaults;
};

/// ErrorCode::conflict where the file system has no ACLs.
[[nodiscard]] model::Result<Acls> read_acls(const store::Descriptor& directory,
                                            const std::filesystem::path& shown);
[[nodiscard]] model::Result<> write_acls(const store::Descriptor& directory, const Acls& acls,
                                         const std::filesystem::path& shown);
/// Everything for the owner, what they say for the groups, and nothing for others.
[[nodiscard]] Acls acls_of(const Rights& rights);

}  // namespace agent::volumes
