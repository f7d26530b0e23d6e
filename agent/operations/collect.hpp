// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/operations/context.hpp"
#include "agent/store/generations.hpp"

namespace agent::operations {

/// What no kept generation needs any more.
struct Garbage {
    std::vector<unsigned> generations;
    /// Directories of bundles, by file name.
    std::vector<std::string> bundles;
    /// Names in the engine.
    std::vector<std::string> containers;
    std::vector<model::Sha256> images;
    bool operator==(const Garbage&) const = default;
};

/// Pure. `sets` are all generations on disk; the newest `keep` and the current one stay. Only
/// containers that `ours` names, the engine's with our label, and images that a dropped generation
/// used and that are `brought`, are ever named.
[[nodiscard]] Garbage find_garbage(const std::vector<model::InstalledSet>& sets, unsigned current,
                                   unsigned keep, const std::vector<std::string>& kept_bundles,
                                   const std::set<std::string>& ours,
                                   const std::set<model::Sha256>& brought);

/// Looks for it on the disk and among the containers `ours`. Offline, the engine's part is left
/// out, and a generation stays that alone knows of images. Fails where a generation cannot be read:
/// of that nobody knows what it needs.
[[nodiscard]] model::Result<Garbage> look_for_garbage(const Context& context,
                                                      const std::set<std::string>& ours);

/// Finds and removes it. What cannot be removed is left for the next time, and the rest goes on.
[[nodiscard]] model::Result<> collect_garbage(const Context& context,
                                              const std::set<std::string>& ours);
/// The same, with the containers that the engine has.
[[nodiscard]] model::Result<> collect_garbage(const Context& context);

}  // namespace agent::operations
