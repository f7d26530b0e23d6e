// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::podman {

/// NAME@DIGEST of NAME[:TAG]@DIGEST: podman refuses a reference with both.
[[nodiscard]] std::string without_tag(std::string_view reference);

/// What a failed pull from a registry means, and what to do. What is no matter of the registry,
/// such as a full disk, stays as it is.
[[nodiscard]] model::Error pull_failure(const model::Error& error, const std::string& reference);

}  // namespace agent::podman
