// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace agent::model {

/// A Debian package that is not there, in the version that is to be installed.
struct NewPackage {
    std::string name;
    /// Debian's name of it; `all` for any.
    std::string architecture;
    std::string version;
    /// It comes only because another one depends on it.
    bool automatic = false;
    /// It was here before and left its configuration, which is nothing that may be taken away.
    bool configured = false;
    bool operator==(const NewPackage&) const = default;
};

/// Why a package cannot be installed so that it can be taken out again.
struct PackageRefusal {
    /// Name of the package that is wanted; empty where it is about all of them.
    std::string package;
    std::string text;
    std::string hint;
    /// No signature leads to it.
    bool untrusted = false;
    bool operator==(const PackageRefusal&) const = default;
};

/// What the machine's own package sources make of a wish for packages.
struct PackageProposal {
    /// All that would be installed newly, dependencies included.
    std::vector<NewPackage> packages;
    /// Bytes.
    std::uint64_t download = 0;
    std::uint64_t disk = 0;
    std::vector<PackageRefusal> refusals;
    bool operator==(const PackageProposal&) const = default;
};

/// "name 1.0-2".
[[nodiscard]] inline std::string to_string(const NewPackage& package) {
    return package.name + " " + package.version;
}
/// "name 1.0-2, other 3".
[[nodiscard]] std::string to_string(const std::vector<NewPackage>& packages);

}  // namespace agent::model
