// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/store_cases.hpp"

#include "agent/operations/create_delta.hpp"

namespace test {

namespace {

/// The bridge is another container, the broker is the same.
std::string newer_description() {
    return patched(patched(base_description(), "1.0.0", "1.1.0"), "name = \"bridge\"",
                   "name = \"bridge\"\ninit = true");
}

std::filesystem::path make_delta(const std::filesystem::path& old,
                                 const std::filesystem::path& fresh) {
    model::Problems problems;
    const auto description = model::parse_description(newer_description(), "newer", problems);
    auto file = fresh;
    file.replace_filename("delta.bundle");
    const auto opened = must(operations::open_base(old, description));
    must(agent::bundle::write_delta(opened.base, fresh, file, [] { return Result<>(); }));
    return file;
}

}  // namespace

const StoreBundles& store_bundles() {
    static const TemporaryDirectory directory;
    static const StoreBundles made = [] {
        StoreBundles all;
        all.base = make_store_bundle(directory.path() / "base.bundle", base_description());
        all.newer = make_store_bundle(directory.path() / "newer.bundle", newer_description());
        all.clock = make_store_bundle(directory.path() / "clock.bundle", clock_description());
        all.delta = make_delta(all.base, all.newer);
        return all;
    }();
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
