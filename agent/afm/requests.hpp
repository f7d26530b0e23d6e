// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "agent/afm/json_text.hpp"

namespace agent::afm {

// What callers ask for, from their JSON. Keys that are not known are ignored, as they always were
// by this interface; everything else that is not as described is ErrorCode::usage.

struct InstallRequest {
    std::string file;
    /// The same version, with the same content, is no error.
    bool force = false;
    bool operator==(const InstallRequest&) const = default;
};

/// A path, or {"wgt", "force", "root"}.
[[nodiscard]] model::Result<InstallRequest> install_request(const Json& input);
/// An id, or {"id", "root"}.
[[nodiscard]] model::Result<std::string> uninstall_request(const Json& input);
/// An id, or {"id"}.
[[nodiscard]] model::Result<std::string> application_request(const Json& input);
/// An id, or {"id", "mode"}; both modes mean the same here.
[[nodiscard]] model::Result<std::string> start_request(const Json& input);
/// A runid, or {"runid"}.
[[nodiscard]] model::Result<std::uint32_t> runid_request(const Json& input);
/// Anything but null.
[[nodiscard]] model::Result<> any_request(const Json& input);

}  // namespace agent::afm
