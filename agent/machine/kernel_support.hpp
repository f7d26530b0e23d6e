// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/machine/linux_image_mounts.hpp"

namespace agent::machine {

/// Why no image store can be mounted on this machine, with what to do; empty where one can.
/// Modules that are missing are loaded.
[[nodiscard]] std::string why_no_store(const ImageMountOptions& options);
/// The same for those whose blocks are verified while they are read, where others can.
[[nodiscard]] std::string why_no_verity(const ImageMountOptions& options);
/// Whether the kernel has a loop device left; it may make one.
[[nodiscard]] bool has_free_loop_device(const ImageMountOptions& options);

}  // namespace agent::machine
