// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles that work on the data in their volumes.
#pragma once

#include "tests/unit/operations/scene.hpp"

namespace test {

/// `base` has the volume `maps`, which its broker mounts, and the init containers `setup`, without
/// volumes, and `migrate`, which writes to `maps`. The newer one is the same, but for its broker,
/// `lone` has the broker alone, and `renamed` another container in its place.
struct DataBundles {
    std::filesystem::path base;
    std::filesystem::path newer;
    std::filesystem::path lone;
    std::filesystem::path renamed;
};
const DataBundles& data_bundles();
std::string data_description();

/// `chart` has one file provider, for its own volume, which its container
/// mounts: the directory /share comes to /of. The newer one has another container, and takes /next.
struct FileBundles {
    std::filesystem::path chart;
    std::filesystem::path newer;
    /// The file system of every image.
    std::filesystem::path image;
};
const FileBundles& file_bundles();
std::string file_description();

inline Result<host::FinishedRun> ended_with(int code) {
    return host::FinishedRun{.exit_code = code, .last_lines = {}};
}

}  // namespace test
