// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace agent::systemd {

/// A line is cut at this many bytes.
inline constexpr std::size_t kLogLineBytes = 500;

struct LogQuery {
    std::string unit;
    /// Hexadecimal; empty: every run of the unit since the boot.
    std::string invocation_id;
    /// How many lines at most.
    std::size_t count = 0;
};

/// The last lines that a unit's processes wrote, the oldest first, as printable_line() makes them.
/// podman's events and conmon's own messages are left out: they say that a container ended, where
/// the container's lines say why. Empty where there is no journal to be read.
[[nodiscard]] std::vector<std::string> last_log_lines(const LogQuery& query,
                                                      std::chrono::milliseconds bound);

/// One line of UTF-8 for terminals: blanks at its end are cut off, control characters and bytes
/// that are no UTF-8 are replaced.
[[nodiscard]] std::string printable_line(std::string_view message);

}  // namespace agent::systemd
