// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <apt-pkg/pkgcache.h>

#include <optional>
#include <string>
#include <vector>

namespace agent::apt::helper {

using Arguments = std::vector<std::string>;

/// A package, and what its version has to be.
struct Wanted {
    std::string name;
    pkgCache::Dep::DepCompareOp relation = pkgCache::Dep::NoOp;
    std::string version;

    [[nodiscard]] bool admits(const std::string& other) const;
};

/// From `NAME RELATION VERSION` each; nothing where that is something else.
[[nodiscard]] std::optional<std::vector<Wanted>> parse_wanted(const Arguments& arguments);
/// "name (>= 1.0)".
[[nodiscard]] std::string to_string(const Wanted& wanted);

/// A package with its version, and a word that says more of it.
struct Listed {
    std::string name;
    std::string architecture;
    std::string version;
    bool automatic = false;
    bool configured = false;

    /// As dpkg takes it: packages of several architectures may have this name.
    [[nodiscard]] std::string full_name() const {
        return architecture == "all" ? name : name + ":" + architecture;
    }
    /// As apt's cache has it; at its end where nobody knows it.
    [[nodiscard]] pkgCache::PkgIterator find_in(pkgCache& cache) const {
        return cache.FindPkg(name, architecture == "all" ? "native" : architecture);
    }
};

/// From `NAME ARCHITECTURE VERSION WORDS` each, WORDS with a letter for each that holds: `a` for
/// automatic, `c` for configured, `-` for neither.
[[nodiscard]] std::optional<std::vector<Listed>> parse_listed(const Arguments& arguments);

}  // namespace agent::apt::helper
