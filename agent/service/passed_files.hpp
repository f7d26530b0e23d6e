// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <vector>

#include "agent/model/result.hpp"
#include "agent/store/descriptor.hpp"

namespace agent::service {

/// A descriptor of our own for a file that a caller has passed. ErrorCode::invalid for what is no
/// regular file, or not open for reading: nothing else ends.
[[nodiscard]] model::Result<store::Descriptor> take_file(int passed, const std::string& name);
/// `file:DEVICE:INODE`.
[[nodiscard]] std::string identity_of(const store::Descriptor& file);

// systemd keeps the files of jobs for a service that is killed.

void keep_files(unsigned job, const std::vector<store::Descriptor>& files);
void drop_files(unsigned job, std::size_t count);
/// What it has kept, by job, in their order.
[[nodiscard]] std::map<unsigned, std::vector<store::Descriptor>> kept_files();

}  // namespace agent::service
