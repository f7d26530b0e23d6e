// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "agent/host/container_engine.hpp"

namespace agent::podman {

/// What `podman ps --format json` prints. ErrorCode::internal for anything else.
[[nodiscard]] model::Result<std::vector<host::ContainerInfo>> parse_containers(
    std::string_view json);

/// What `podman images --format json` prints, every image of its own store once, with
/// all of its names.
[[nodiscard]] model::Result<std::vector<host::ImageInfo>> parse_images(std::string_view json);

/// Lines that are not empty, of a listing by a template.
[[nodiscard]] std::vector<std::string> parse_lines(std::string_view text);

}  // namespace agent::podman
