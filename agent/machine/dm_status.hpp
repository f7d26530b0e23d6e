// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace agent::machine {

/// What dm-verity says of its target: `V` as long as every block that was read was what the root
/// hash says, `C` since one was not; later kernels say more after that. Absent for anything else.
/// The kernel's admin-guide/device-mapper/verity.rst.
[[nodiscard]] std::optional<bool> parse_verity_status(std::string_view target,
                                                      std::string_view status);

/// Asks the device-mapper by its control device for the mapped device MAJOR:MINOR. Absent where it
/// is none of dm-verity, or the caller is not root.
[[nodiscard]] std::optional<bool> verity_found_damage(const std::filesystem::path& control,
                                                      const std::string& device);

}  // namespace agent::machine
