// SPDX-License-Identifier: GPL-3.0-or-later
// What is found wrong with an installed set, and what of it is put right.
#include "agent/operations/verify.hpp"

#include <algorithm>

#include "agent/model/unit_name.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/history.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;
namespace fs = std::filesystem;
using operations::Defect;
using Kind = Defect::Kind;

namespace {

/// A machine on which all is well, with two bundles.
struct Well : Scene {
    Well() {
        services.stamp = root() / "run/systemd/generator.late" / model::kLoadedGenerationStamp;
        have({bundles().base, bundles().view});
        services.log.clear();
    }
    fs::path generation(unsigned number = 1) const { return paths().generation(number); }
    fs::path unit(const std::string& name) const { return generation() / "units" / name; }
    fs::path kept() const { return paths().bundles() / "base_1.0.0"; }
    std::string podman_name(const std::string& container) const {
        return must(store::Generations(paths()).installed())
            .owner_of(model::ContainerName::parse(container).value())
            ->containers.front()
            .podman_name;
    }
    operations::Verification verify(bool repair = false, bool offline = false) {
        return must(operations::verify(context(offline), repair));
    }
};

/// As an admin does it whom no mode keeps from it.
void overwrite(const fs::path& file, const std::string& text) {
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    write_text(file, text);
    fs::permissions(file, fs::perms(0444));
}

std::string told(const operations::Verification& verification) {
    std::string text;
    for (const auto& defect : verification.defects)
        text += std::string(defect.repaired ? "repaired " : "") +
                std::string(to_string(defect.kind)) + " " + defect.subject + ": " + defect.text +
                " (" + defect.advice + ")\n";
    return text;
}

bool tells(const operations::Verification& verification, Kind kind, const std::string& subject,
           const std::string& text) {
    return std::any_of(
        verification.defects.begin(), verification.defects.end(), [&](const auto& defect) {
            return defect.kind == kind && has(defect.subject, subject) && has(defect.text, text);
        });
}

/// Who runs since when.
std::map<std::string, std::string> invocations(const Scene& scene) {
    std::map<std::string, std::string> all;
    for (const auto& [name, unit] : scene.services.units)
        if (unit.active == "active") all[name] = unit.invocation;
    return all;
}

bool asked(const Scene& scene, const std::string& call) {
    const auto& log = scene.services.log;
    return std::find(log.begin(), log.end(), call) != log.end();
}

struct Case {
    Kind kind;
    std::string subject;
    std::string says;
    bool repairable;
    std::function<void(Well&)> damage;
};

const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
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
        {Kind::bundle, "base_1.0.0/manifest", "not the one", true,
         [](Well& w) { write_text(w.kept() / "manifest", "x"); }},
        {Kind::bundle, "base_1.0.0/manifest.sig", "is missing", true,
         [](Well& w) { fs::remove(w.kept() / "manifest.sig"); }},
        {Kind::bundle, "base_1.0.0/bundle.toml", "bytes", true,
         [](Well& w) { write_text(w.kept() / "bundle.toml", "x"); }},
        {Kind::bundle, "base_1.0.0/images/index.json", "is missing", false,
         [](Well& w) { fs::remove(w.kept() / "images/index.json"); }},
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

/// What damage below the link makes systemd's loaded text differ from.
bool is_unit_that_changed(const Defect& defect) {
    return defect.kind == Kind::loaded && has(defect.text, "has changed since");
}

}  // namespace

TEST_CASE("Nothing is wrong with a machine on which all is well, and looking takes no lock") {
    Well well;
    const auto before = well.snapshot();
    const auto lock = must(store::Lock::acquire(well.paths(), "install"));
    const auto found = well.verify();
    INFO(told(found));
    CHECK(found.defects.empty());
    CHECK(found.left() == 0);
    CHECK(found.generation == 1);
    CHECK(difference(before, well.snapshot()).empty());
}

TEST_CASE("A repair of nothing changes nothing, and is not in the history") {
    Well well;
    const auto before = well.snapshot();
    const auto entries = must(store::read_history(well.paths())).size();
    CHECK(well.verify(true).defects.empty());
    CHECK(difference(before, well.snapshot()).empty());
    CHECK(must(store::read_history(well.paths())).size() == entries);
}

TEST_CASE("With nothing installed nothing is wrong") {
    Scene scene;
    scene.initialise();
    for (const bool offline : {false, true})
        CHECK(must(operations::verify(scene.context(offline), false)).defects.empty());
    const Scene untouched;
    CHECK(must(operations::verify(Scene().context(), false)).defects.empty());
}

TEST_CASE("Each thing that is wrong is found, looking at it changes nothing, and says what helps") {
    for (const auto& each : cases()) {
        INFO(to_string(each.kind) << " " << each.subject << ": " << each.says);
        Well well;
        each.damage(well);
        const auto before = well.snapshot();
        auto found = well.verify();
        INFO(told(found));
        CHECK(tells(found, each.kind, each.subject, each.says));
        CHECK(difference(before, well.snapshot()).empty());
        auto& defects = found.defects;
        std::erase_if(defects, is_unit_that_changed);
        CHECK(defects.size() == (each.says.starts_with("has changed") ? 0 : 1));
        for (const auto& defect : defects) {
            CHECK(defect.repairable == each.repairable);
            CHECK_FALSE(defect.repaired);
            CHECK_FALSE(defect.advice.empty());
        }
    }
}

TEST_CASE("What can be repaired is, alone, and nothing is restarted for it") {
    for (const auto& each : cases()) {
        INFO(to_string(each.kind) << " " << each.subject << ": " << each.says);
        Well well;
        each.damage(well);
        const auto running = invocations(well);
        const auto before = well.snapshot();
        const auto done = well.verify(true);
        INFO(told(done));
        CHECK(tells(done, each.kind, each.subject, each.says));
        CHECK((done.left() == 0) == each.repairable);
        CHECK(invocations(well) == running);
        CHECK(well.progress.warnings.empty());
        const auto after = well.snapshot();
        const auto again = well.verify();
        INFO(told(again));
        CHECK(again.left() == (each.repairable ? 0 : 1));
        CHECK(difference(after, well.snapshot()).empty());
        if (!each.repairable) CHECK(difference(before, after).empty());
    }
}

TEST_CASE("Many things at once are all found, and all but what is lost is repaired") {
    Well well;
    for (const auto& each : cases())
        if (each.repairable && each.kind != Kind::set && each.kind != Kind::loaded &&
            !has(each.says, "kind of file"))
            if (!has(each.subject, "wants") && each.subject != "broker.service" &&
                each.says != "are missing")
                each.damage(well);
    fs::remove(well.kept() / "images/index.json");
    const auto running = invocations(well);
    const auto done = well.verify(true);
    INFO(told(done));
    CHECK(done.left() == 1);
    CHECK(done.generation == 2);
    CHECK(done.defects.size() > 10);
    CHECK(invocations(well) == running);
    const auto again = well.verify();
    REQUIRE(again.defects.size() == 1);
    CHECK(again.defects.front().subject == "base_1.0.0/images/index.json");
    CHECK(has(again.defects.front().advice,
              "tar -xf FILE -C " + well.kept().string() + " images/index.json"));
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

TEST_CASE("Beside an interrupted operation that cannot be settled nothing is touched") {
    Well well;
    write_text(well.paths().transaction() / "journal", "of no record the checksum\n");
    for (const auto& each : cases())
        if (each.kind == Kind::leftover) each.damage(well);
    const auto before = well.snapshot();
    const auto done = well.verify(true);
    INFO(told(done));
    CHECK(done.defects.front().kind == Kind::transaction);
    CHECK(done.defects.front().advice == "update-agent recover");
    CHECK(done.left() == done.defects.size());
    for (const auto& defect : done.defects)
        if (defect.repairable) CHECK(has(defect.advice, "update-agent recover"));
    CHECK(difference(before, well.snapshot()).empty());
}

TEST_CASE("A repair is alone, and an engine that does not answer is an error") {
    Well well;
    {
        const auto lock = must(store::Lock::acquire(well.paths(), "install"));
        const auto refused = operations::verify(well.context(), true);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == ErrorCode::busy);
    }
    well.cancelled = [] { return true; };
    const auto cancelled = operations::verify(well.context(), false);
    REQUIRE_FALSE(cancelled);
    CHECK(cancelled.error().code() == ErrorCode::busy);
    well.faults.fail_from(1);
    CHECK_FALSE(operations::verify(well.context(), false));
}

TEST_CASE("A repair that fails is left, its reason a warning, and the rest goes on") {
    Well well;
    well.engine.made.erase(well.podman_name("panel"));
    write_text(well.paths().bundles() / ".new-x", "");
    well.progress.at_step = [&well](const std::string& step) {
        if (has(step, "creating container panel")) well.faults.fail_at(1, CallFaults::Kind::before);
    };
    const auto done = well.verify(true);
    INFO(told(done));
    REQUIRE(done.left() == 1);
    CHECK(done.defects.back().kind == Kind::container);
    CHECK(has(done.defects.back().advice, "warnings"));
    REQUIRE(well.progress.warnings.size() == 1);
    CHECK(has(well.progress.warnings[0], "engine.create"));
    CHECK(tells(done, Kind::leftover, ".new-x", "interrupted"));
}

TEST_CASE("A repair is in the history, with what was repaired") {
    Well well;
    fs::remove(well.unit("broker.service"));
    CHECK(well.verify(true).left() == 0);
    const auto entry = must(store::read_history(well.paths())).back();
    CHECK(entry.operation == "verify --repair");
    CHECK(entry.outcome == "done");
    CHECK(entry.generation_before == 1);
    CHECK(entry.generation_after == 2);
    REQUIRE_FALSE(entry.notes.empty());
    CHECK(entry.notes.front() == "repaired: broker.service is missing");
}

TEST_CASE("Offline nobody is asked, and what is below the root is repaired") {
    Well well;
    CHECK(well.verify(false, true).defects.empty());
    fs::remove(well.unit("broker.service"));
    write_text(well.paths().bundles() / "old_1.0.0/manifest", "");
    write_text(well.kept() / "manifest", "x");
    well.engine.made.clear();
    well.faults.forget_calls();
    const auto done = well.verify(true, true);
    INFO(told(done));
    CHECK(done.defects.size() == 3);
    CHECK(done.left() == 0);
    CHECK(done.generation == 2);
    for (const auto& call : well.faults.calls())
        CHECK(call.starts_with("machine."));
    CHECK(well.engine.made.empty());
}
