// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/model/installed_set.hpp"
#include "agent/store/paths.hpp"

namespace agent::store {

/// An installed set that did not become healthy, and is not tried again unless asked for.
struct FailedSet {
    /// As planning::set_digest() has it.
    model::Sha256 digest;
    model::SystemTime time;
    /// What failed, the first line of it.
    std::string reason;
    bool operator==(const FailedSet&) const = default;
};

/// failed-sets.toml, oldest first; empty where there is none.
[[nodiscard]] model::Result<std::vector<FailedSet>> read_failed_sets(const Paths& paths);
/// Adds it as the newest one; the oldest one goes where there are too many.
[[nodiscard]] model::Result<> remember_failed_set(const Paths& paths, const FailedSet& set);
/// It became healthy after all. One that is not there is no failure.
[[nodiscard]] model::Result<> forget_failed_set(const Paths& paths, const model::Sha256& digest);

}  // namespace agent::store
