// SPDX-License-Identifier: GPL-3.0-or-later
// What is found wrong with unit files and what systemd has loaded, and what of it is put right.
#include "agent/operations/verify_units.hpp"

#include <algorithm>

#include "tests/unit/operations/verify_cases.hpp"

using namespace test;
namespace fs = std::filesystem;
using Kind = operations::Defect::Kind;

namespace {

bool asked(const Scene& scene, const std::string& call) {
    const auto& log = scene.services.log;
    return std::find(log.begin(), log.end(), call) != log.end();
}

}  // namespace

const std::vector<Damage>& test::damaged_units() {
    static const std::vector<Damage> all = {
        {Kind::unit, "broker.service", "is missing", true,
         [](Well& w) { fs::remove(w.unit("broker.service")); }},
        {Kind::unit, "base.target", "not what the installed set renders to", true,
         [](Well& w) { overwrite(w.unit("base.target"), "[Unit]\n"); }},
        {Kind::unit, "extra.service", "no unit of the installed set", true,
         [](Well& w) { write_text(w.unit("extra.service"), "[Unit]\n"); }},
        {Kind::unit, "has-devices", "no unit of the installed set", true,
         [](Well& w) { write_text(w.unit("has-devices"), ""); }},
        {Kind::unit, "broker.service", "mode 0666 instead of 0444", true,
         [](Well& w) { fs::permissions(w.unit("broker.service"), fs::perms(0666)); }},
        {Kind::unit, "/units", "mode 0777 instead of 0755", true,
         [](Well& w) { fs::permissions(w.unit(""), fs::perms(0777)); }},
        {Kind::unit, "installed-bundles.target.wants/view.target", "is missing", true,
         [](Well& w) { fs::remove(w.unit("installed-bundles.target.wants/view.target")); }},
        {Kind::unit, "installed-bundles.target.wants/view.target", "not what", true,
         [](Well& w) {
             fs::remove(w.unit("installed-bundles.target.wants/view.target"));
             fs::create_symlink("/etc/passwd",
                                w.unit("installed-bundles.target.wants/view.target"));
         }},
        {Kind::unit, "bridge.service", "kind of file", true,
         [](Well& w) {
             fs::rename(w.unit("bridge.service"), w.root() / "bridge.service");
             fs::create_symlink(w.root() / "bridge.service", w.unit("bridge.service"));
         }},
        {Kind::loaded, "systemd", "has loaded generation 7, and 1", true,
         [](Well& w) {
             fs::remove(w.services.stamp);
             fs::create_symlink("7", w.services.stamp);
         }},
        {Kind::loaded, "panel.service", "not known", true,
         [](Well& w) { w.services.loaded.erase("panel.service"); }},
        {Kind::loaded, "panel.service", "has changed since", true,
         [](Well& w) { w.services.loaded["panel.service"] = "[Service]\n"; }},
        {Kind::loaded, "panel.service", "hidden by the host's /etc/x", false,
         [](Well& w) { w.services.foreign["panel.service"] = "/etc/x"; }},
    };
    return all;
}

TEST_CASE(
    "A unit that is not what the set renders to is found, and repaired where it is the agent's") {
    check_found(damaged_units());
    check_repaired(damaged_units());
}

TEST_CASE("Only a service that systemd has loaded otherwise restarts") {
    Well well;
    const auto file = well.unit("panel.service");
    const auto changed = patched(read_text(file), "[Service]\n", "[Service]\nUMask=0077\n");
    SECTION("not loaded") {
        overwrite(file, changed);
        CHECK(well.verify(true).left() == 0);
        CHECK_FALSE(asked(well, "restart panel.service"));
    }
    SECTION("loaded") {
        overwrite(file, changed);
        well.services.load();
        CHECK(well.verify(true).left() == 0);
        CHECK(asked(well, "restart panel.service"));
        CHECK(well.active("panel.service"));
    }
    SECTION("loaded, and stopped by hand") {
        overwrite(file, changed);
        well.services.load();
        must(well.services.stop({"panel.service"}, std::chrono::seconds(1)));
        CHECK(well.verify(true).left() == 0);
        CHECK_FALSE(asked(well, "restart panel.service"));
        CHECK_FALSE(well.active("panel.service"));
    }
}

TEST_CASE("What was stopped by hand is no defect") {
    Well well;
    must(well.services.mask_runtime({"panel.service"}));
    must(well.services.stop({"panel.service"}, std::chrono::seconds(1)));
    well.services.loaded["panel.service"] = "";
    CHECK(well.verify().defects.empty());
}
