// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/store_cases.hpp"

namespace test {

namespace {

/// The bridge is another container, the broker is the same.
std::string newer_description() {
    return patched(patched(base_description(), "1.0.0", "1.1.0"), "name = \"bridge\"",
                   "name = \"bridge\"\ninit = true");
}

}  // namespace

const StoreBundles& store_bundles() {
    static const TemporaryDirectory directory;
    static const StoreBundles made = {
        make_store_bundle(directory.path() / "base.bundle", base_description()),
        make_store_bundle(directory.path() / "newer.bundle", newer_description()),
        make_store_bundle(directory.path() / "clock.bundle", clock_description())};
    return made;
}

void lose_mounts(const Scene& scene) {
    std::filesystem::remove_all(scene.paths().store_mounts());
    const auto link = scene.paths().merged_store();
    if (!std::filesystem::is_symlink(link)) return;
    std::filesystem::remove(link);
    std::filesystem::create_directory_symlink("empty", link);
}

}  // namespace test
