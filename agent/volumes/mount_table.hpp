// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/store/descriptor.hpp"

namespace agent::volumes {

/// Number of the mount that the directory was opened on: that of its device is no answer, as parts
/// of a file system may be mounted elsewhere, too. Empty where proc(5) does not tell it.
[[nodiscard]] std::string mount_of(const store::Descriptor& directory);

/// Whether anything is mounted below the directory; so it is where proc(5) does not tell it.
[[nodiscard]] bool has_mounts_below(const store::Descriptor& directory);

/// The file system that a directory lies on, for people: "the file system /boot (vfat)"; without
/// its name where proc(5) does not tell it.
[[nodiscard]] std::string file_system_of(const store::Descriptor& directory);

}  // namespace agent::volumes
