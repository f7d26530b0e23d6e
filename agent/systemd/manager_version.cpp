// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/manager_version.hpp"

#include <charconv>

namespace agent::systemd {

model::Result<unsigned> major_version(std::string_view text) {
    std::string_view digits = text;
    // Builds from a git tree say `v257-10-gabcdef`.
    if (digits.starts_with('v')) digits.remove_prefix(1);
    unsigned version = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), version);
    if (error != std::errc())
        return model::fail(model::ErrorCode::internal,
                           "systemd says that its version is \"" + std::string(text) + "\"");
    return version;
}

}  // namespace agent::systemd
