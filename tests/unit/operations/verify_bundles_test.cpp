// SPDX-License-Identifier: GPL-3.0-or-later
// What is found wrong with kept bundles, and what of it is put right.
#include "agent/operations/verify_bundles.hpp"

#include "tests/unit/operations/verify_cases.hpp"

using namespace test;
namespace fs = std::filesystem;
using Kind = operations::Defect::Kind;

const std::vector<Damage>& test::damaged_kept_bundles() {
    static const std::vector<Damage> all = {
        {Kind::bundle, "base_1.0.0/manifest", "not the one", true,
         [](Well& w) { write_text(w.kept() / "manifest", "x"); }},
        {Kind::bundle, "base_1.0.0/manifest.sig", "is missing", true,
         [](Well& w) { fs::remove(w.kept() / "manifest.sig"); }},
        {Kind::bundle, "base_1.0.0/bundle.toml", "bytes", true,
         [](Well& w) { write_text(w.kept() / "bundle.toml", "x"); }},
        {Kind::bundle, "base_1.0.0/images/index.json", "is missing", false,
         [](Well& w) { fs::remove(w.kept() / "images/index.json"); }},
    };
    return all;
}

TEST_CASE(
    "A kept bundle that is not what was installed is found, and its texts are written again") {
    check_found(damaged_kept_bundles());
    check_repaired(damaged_kept_bundles());
}

TEST_CASE("Of an earlier generation, what it keeps is looked at, too") {
    Well well;
    must(well.remove({"view"}));
    CHECK(well.verify().defects.empty());
    const auto kept = well.paths().bundles() / "view_2.1.0";
    write_text(kept / "images/index.json", "{}");
    write_text(kept / "manifest", "x");
    const auto done = well.verify(true);
    INFO(told(done));
    CHECK(done.defects.size() == 2);
    CHECK(done.left() == 1);
    CHECK(tells(well.verify(), Kind::bundle, "view_2.1.0/images/index.json", "bytes"));

    overwrite(well.generation(1) / "generation.toml", "x");
    CHECK(tells(well.verify(), Kind::set, "generation 1", "generation.toml"));
}
