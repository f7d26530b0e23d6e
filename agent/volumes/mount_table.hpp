// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/store/descriptor.hpp"

namespace agent::volumes {

/// The file system that a directory lies on, for people: "the file system /boot (vfat)"; without
/// its name where proc(5) does not tell it.
[[nodiscard]] std::string file_system_of(const store::Descriptor& directory);

}  // namespace agent::volumes
