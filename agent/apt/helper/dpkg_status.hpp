// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

#include "agent/model/result.hpp"

namespace agent::apt::helper {

/// A package in dpkg's status file.
struct DpkgPackage {
    std::string name;
    std::string version;
    std::string architecture;
    /// The last word of dpkg-query(1)'s status, such as `installed` or `config-files`.
    std::string state;
};

/// Calls `look` with each; without pkgCacheFile, which takes a second and 46 MB for it.
/// ErrorCode::internal where the file cannot be read.
[[nodiscard]] model::Result<> each_package(const std::string& root,
                                           const std::function<void(const DpkgPackage&)>& look);

}  // namespace agent::apt::helper
