// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/stat.h>

#include <string>

#include "agent/model/result.hpp"
#include "agent/store/descriptor.hpp"

namespace agent::volumes {

/// Something in an open directory, which may be a link: it is never followed.
struct Entry {
    const store::Descriptor& directory;
    const std::string& name;
};

/// Gives `to` the owner, the mode, the extended attributes (ACLs and capabilities are some) and the
/// times of `from`, in this order, because each takes away some of what comes after it.
[[nodiscard]] model::Result<> copy_attributes(const Entry& from, const struct stat& status,
                                              const Entry& to);

}  // namespace agent::volumes
