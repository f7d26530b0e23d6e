// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles whose images are mounted instead of unpacked.
#pragma once

#include "tests/unit/operations/scene.hpp"

namespace test {

struct StoreBundles {
    /// As bundles().base, and one of version 1.1.0 with another bridge.
    std::filesystem::path base;
    std::filesystem::path newer;
    /// As bundles().clock.
    std::filesystem::path clock;
    /// The newer one as a delta file from the base.
    std::filesystem::path delta;
};
const StoreBundles& store_bundles();

/// What is mounted is gone, and what the engine sees of it is as at a boot.
void lose_mounts(const Scene& scene);

}  // namespace test
