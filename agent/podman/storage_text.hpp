// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::podman {

/// What a containers-storage.conf(5) says, as far as anybody here asks; empty where it does not.
struct StorageSettings {
    std::string driver;
    std::string graph_root;
    std::vector<std::string> image_stores;
    bool operator==(const StorageSettings&) const = default;
};

/// ErrorCode::conflict, naming the file, where it cannot be understood.
[[nodiscard]] model::Result<StorageSettings> parse_storage(const std::string& text,
                                                           const std::string& file);

/// `additionalimagestores = ["…", "…"]`.
[[nodiscard]] std::string image_stores_line(const std::vector<std::string>& directories);

/// The text with one more additional image store, and otherwise as it was. Nothing where the list
/// is written in a way that this cannot do.
[[nodiscard]] std::optional<std::string> with_image_store(const std::string& text,
                                                          const std::string& directory);
/// The same without any.
[[nodiscard]] std::optional<std::string> without_image_stores(const std::string& text);

}  // namespace agent::podman
