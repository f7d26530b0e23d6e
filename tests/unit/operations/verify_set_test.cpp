// SPDX-License-Identifier: GPL-3.0-or-later
// What is found wrong with generations, and what of it is put right.
#include "agent/operations/verify_set.hpp"

#include "agent/store/generations.hpp"
#include "tests/unit/operations/verify_cases.hpp"

using namespace test;
namespace fs = std::filesystem;
using Kind = operations::Defect::Kind;

const std::vector<Damage>& test::damaged_sets() {
    static const std::vector<Damage> all = {
        {Kind::arguments, "panel", "are missing", true,
         [](Well& w) { fs::remove(w.generation() / "containers/panel"); }},
        {Kind::arguments, "panel", "damaged", true,
         [](Well& w) { overwrite(w.generation() / "containers/panel", "{"); }},
        {Kind::arguments, "panel", "another container", true,
         [](Well& w) {
             overwrite(w.generation() / "containers/panel",
                       read_text(w.generation() / "containers/broker"));
         }},
        {Kind::set, "bundles/base", "not what the manifest lists", true,
         [](Well& w) {
             const auto file = w.generation() / "bundles/base/bundle.toml";
             overwrite(file, patched(read_text(file), "Base", "Case"));
         }},
        {Kind::set, "bundles/base", "not the manifest", true,
         [](Well& w) { overwrite(w.generation() / "bundles/base/manifest", "x"); }},
        {Kind::set, "bundles/base", "manifest.sig: is missing", true,
         [](Well& w) { fs::remove(w.generation() / "bundles/base/manifest.sig"); }},
        {Kind::set, "generation 1", "generation.toml", false,
         [](Well& w) { overwrite(w.generation() / "generation.toml", "x"); }},
        {Kind::set, "generation 1 (state)", "1.state", false,
         [](Well& w) { write_text(w.paths().generation_state(1), "x"); }},
        {Kind::link, "systemd-units", "is missing", false,
         [](Well& w) { fs::remove(w.paths().units_link()); }},
        {Kind::link, "systemd-units", "no link to a generation", false,
         [](Well& w) {
             fs::remove(w.paths().units_link());
             fs::create_symlink("elsewhere", w.paths().units_link());
         }},
    };
    return all;
}

TEST_CASE(
    "A set that is not what was installed is found, and repaired where it is known what it was") {
    check_found(damaged_sets());
    check_repaired(damaged_sets());
}

TEST_CASE("A repaired generation is a new one with the same set, state and arguments") {
    Well well;
    const store::Generations generations(well.paths());
    const auto info = must(generations.read_info(1));
    const auto units = must(generations.read_units(1));
    const auto damaged = read_text(well.unit("base.target")) + "# by hand\n";
    overwrite(well.unit("base.target"), damaged);
    CHECK(well.verify(true).left() == 0);
    CHECK(must(generations.current()) == 2);
    CHECK(read_text(well.unit("base.target")) == damaged);
    CHECK(must(generations.read_units(2)) == units);
    CHECK(must(generations.read_set(2)).bundles == must(generations.read_set(1)).bundles);
    CHECK(must(generations.read_containers(2)) == must(generations.read_containers(1)));
    CHECK(must(generations.read_state(2)).confirmed);
    const auto repaired = must(generations.read_info(2));
    CHECK(repaired.parent == 1);
    CHECK(repaired.reason == "repair of generation 1");
    CHECK(repaired.systemd_version == info.systemd_version);
    CHECK(repaired.brought_images == info.brought_images);
    CHECK_FALSE(repaired.brought_images.empty());
    CHECK(well.services.log == std::vector<std::string>{"reload"});
}
