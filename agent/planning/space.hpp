// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <set>

#include "agent/planning/plan.hpp"

namespace agent::planning {

/// Bytes that a plan takes at most, beside the reserve.
struct SpaceNeeded {
    /// Of the bundles that are kept.
    std::uint64_t kept = 0;
    /// In the container engine's store: a copy of the images, and what they unpack to.
    std::uint64_t engine = 0;
    /// Of snapshots of volumes, where these are copies; known to nobody who only plans.
    std::uint64_t snapshots = 0;
    /// Of Debian packages: what they are downloaded to, and what they unpack to.
    std::uint64_t packages = 0;
    bool operator==(const SpaceNeeded&) const = default;
};

/// `there` are the images that the engine has: a bundle that brings no other one takes nothing of
/// its store. One that brings any is counted whole, because nothing says how much of it which image
/// is.
[[nodiscard]] SpaceNeeded space_needed(const Plan& plan, const std::set<model::Sha256>& there = {});

}  // namespace agent::planning
