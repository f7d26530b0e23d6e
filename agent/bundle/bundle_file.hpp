// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

namespace agent::bundle {

/// A bundle file, and what messages call it: the same, but where somebody else has opened it.
struct BundleFile {
    std::filesystem::path path;
    std::filesystem::path name;
    // NOLINTNEXTLINE(google-explicit-constructor): a path is a file that is called by it.
    BundleFile(std::filesystem::path file) : path(file), name(std::move(file)) {}
    BundleFile(std::filesystem::path file, std::filesystem::path called)
        : path(std::move(file)), name(std::move(called)) {}
    [[nodiscard]] std::string string() const { return name.string(); }
};

}  // namespace agent::bundle
