// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::images {

/// ErrorCode::invalid of a path in a store that update-agent has not made like this.
[[nodiscard]] tl::unexpected<model::Error> damaged(const std::filesystem::path& path,
                                                   const std::string& what);

/// The layer that a link in overlay/l leads to; empty where it leads elsewhere.
[[nodiscard]] std::string layer_of(std::string_view target);

/// The store's path is `where`, the link's name in its overlay/l is `name`. ErrorCode::invalid
/// where it has not the form of a name, or leads to no layer.
[[nodiscard]] model::Result<> check_link(const std::filesystem::path& where,
                                         const std::string& name, const std::string& target);

}  // namespace agent::images
