// SPDX-License-Identifier: GPL-3.0-or-later
// What podman lacks of a set, and what nobody needs any more.
#include "agent/operations/verify_engine.hpp"

#include "agent/store/generations.hpp"
#include "tests/unit/operations/verify_cases.hpp"

using namespace test;
namespace fs = std::filesystem;
using Kind = operations::Defect::Kind;

const std::vector<Damage>& test::damaged_engines() {
    static const std::vector<Damage> all = {
        {Kind::container, "panel-", "is missing", true,
         [](Well& w) { w.engine.made.erase(w.podman_name("panel")); }},
        {Kind::container, "panel-", "another container", false,
         [](Well& w) { w.engine.made[w.podman_name("panel")].labels["update-agent.spec"] = "1"; }},
        {Kind::image, "localhost/panel:1", "no image has", true,
         [](Well& w) {
             for (auto& [id, names] : w.engine.image_names)
                 names.erase("localhost/panel:1");
         }},
        {Kind::image, "localhost/panel:1", "of another image", false,
         [](Well& w) {
             for (auto& [id, names] : w.engine.image_names)
                 names.erase("localhost/panel:1");
             w.engine.image_names[std::string(64, 'f')] = {"localhost/panel:1"};
         }},
    };
    return all;
}

const std::vector<Damage>& test::leftovers() {
    static const std::vector<Damage> all = {
        {Kind::leftover, ".new-9-1", "interrupted", true,
         [](Well& w) { write_text(w.paths().generations() / ".new-9-1/x", ""); }},
        {Kind::leftover, ".gone-x", "interrupted", true,
         [](Well& w) { write_text(w.paths().bundles() / ".gone-x/x", ""); }},
        {Kind::leftover, "bundles/old_1.0.0", "no kept generation", true,
         [](Well& w) { write_text(w.paths().bundles() / "old_1.0.0/manifest", ""); }},
        {Kind::leftover, "container stray", "no kept generation", true,
         [](Well& w) {
             w.engine.made["stray"] = {.id = "1",
                                       .name = "stray",
                                       .state = "created",
                                       .image_id = {},
                                       .labels = {{"update-agent.container", "stray"}}};
         }},
        {Kind::leftover, "container stray", "and runs", false,
         [](Well& w) {
             w.engine.made["stray"] = {.id = "1",
                                       .name = "stray",
                                       .state = "running",
                                       .image_id = {},
                                       .labels = {{"update-agent.container", "stray"}}};
         }},
    };
    return all;
}

TEST_CASE("What the engine lacks is found, and made again where it is known from what") {
    check_found(damaged_engines());
    check_repaired(damaged_engines());
}

TEST_CASE("What nobody needs is found, and removed unless it runs") {
    check_found(leftovers());
    check_repaired(leftovers());
}

TEST_CASE("What the agent did not make is neither told nor touched") {
    Well well;
    well.engine.made["mine"] = {
        .id = "1", .name = "mine", .state = "exited", .image_id = {}, .labels = {}};
    well.engine.image_names[std::string(64, 'e')] = {};
    write_text(well.paths().operation() / "notes", "mine");
    write_text(well.paths().generations() / "notes", "mine");
    CHECK(well.verify().defects.empty());
    write_text(well.paths().bundles() / ".new-x", "");
    CHECK(well.verify(true).left() == 0);
    CHECK(well.engine.made.count("mine") == 1);
    CHECK(well.engine.image_names.count(std::string(64, 'e')) == 1);
    CHECK(read_text(well.paths().operation() / "notes") == "mine");
    CHECK(read_text(well.paths().generations() / "notes") == "mine");
}

TEST_CASE("Generations beyond what is kept are leftovers, with what only they need") {
    Well well;
    must(well.remove({"view"}));
    must(well.install({bundles().clock}));
    CHECK(well.verify().defects.empty());
    well.configuration.keep_generations = 1;
    const auto found = well.verify();
    INFO(told(found));
    CHECK(tells(found, Kind::leftover, "generations/1", "older than the 1"));
    CHECK(tells(found, Kind::leftover, "bundles/view_2.1.0", "no kept generation"));
    CHECK(tells(found, Kind::leftover, "container panel-", "no kept generation"));
    CHECK(tells(found, Kind::leftover, "image ", "no kept generation"));
    CHECK(well.verify(true).left() == 0);
    CHECK(must(store::Generations(well.paths()).list()) == std::vector<unsigned>{3});
    CHECK(well.engine.image_names.size() == 3);
}
