// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <apt-pkg/cachefile.h>

#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::apt::helper {

/// What apt would do with the marks that the packages of a cache have.
struct Changes {
    std::vector<pkgCache::VerIterator> installed;
    /// "name 1.0 to 1.1".
    std::vector<std::string> replaced;
    std::vector<std::string> removed;
    /// "name depends on other (>= 2)".
    std::vector<std::string> broken;
};
[[nodiscard]] Changes changes_of(pkgCacheFile& cache);

/// The first dependency that a package would miss, as above.
[[nodiscard]] std::string missing_of(pkgCacheFile& cache, const pkgCache::PkgIterator& package);
/// "a, b, c and 4 more".
[[nodiscard]] std::string shortened(const std::vector<std::string>& words);
/// Whether a source that is signed has it.
[[nodiscard]] bool is_trusted(pkgCacheFile& cache, const pkgCache::VerIterator& version);
/// Nothing is locked. ErrorCode::internal with apt's reasons.
[[nodiscard]] model::Result<> open_to_read(pkgCacheFile& cache);

}  // namespace agent::apt::helper
