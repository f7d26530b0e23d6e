// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace agent::systemd {

/// The first file that gives the name to a unit of the host, in the directories of the manager's
/// unit path. What is no unit of the host: a link in a generator's directory (other generators than
/// ours write files), and a mask in /run, which says that a unit is held down until the next boot.
[[nodiscard]] std::optional<std::string> host_unit_file(const std::string& unit,
                                                        const std::vector<std::string>& unit_path);

/// Whether systemd.generator(7) names the directory of this file as one that generators write.
[[nodiscard]] bool is_generated(const std::string& path);

/// Whether a generator links the unit: the ones of bundles are made so.
[[nodiscard]] bool is_linked_by_generator(const std::string& unit,
                                          const std::vector<std::string>& unit_path);

}  // namespace agent::systemd
