// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/journal_cases.hpp"

#include "agent/operations/attach_images.hpp"
#include "agent/operations/confirm.hpp"
#include "agent/operations/recover.hpp"
#include "agent/operations/recreate.hpp"
#include "agent/operations/startup.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/journal.hpp"
#include "tests/unit/operations/data_cases.hpp"
#include "tests/unit/operations/package_cases.hpp"
#include "tests/unit/operations/registry_bundle.hpp"
#include "tests/unit/operations/store_cases.hpp"

namespace test {

namespace {

Result<operations::Outcome> roll_back(Scene& scene) {
    return operations::change(
        scene.context(),
        {.operation = "rollback", .install = {}, .remove = {}, .restore = operations::Restore{}});
}

void have_all(Scene& scene) {
    scene.have({bundles().base, bundles().view, bundles().clock});
}

void have_data(Scene& scene, const std::vector<std::filesystem::path>& files) {
    scene.have(files);
    write_text(scene.root() / "opt/data/base/maps/chart", "as it was");
}

/// What the init container `migrate` does.
void write_maps(Scene& scene, const std::string& text, int exit_code = 0) {
    scene.engine.programs["migrate"] = [&scene, text, exit_code] {
        write_text(scene.root() / "opt/data/base/maps/chart", text);
        return ended_with(exit_code);
    };
}

void have_files(Scene& scene, const std::vector<std::filesystem::path>& files) {
    scene.engine.image_files = file_bundles().image;
    scene.have(files);
    write_text(scene.root() / "opt/data/chart/mine", "as it was");
}

}  // namespace

const std::vector<MortalOperation>& mortal_operations() {
    static const std::vector<MortalOperation> all = {
        {"the first bundles", [](Scene& scene) { scene.initialise(); },
         [](Scene& scene) {
             return scene.install({bundles().base, bundles().view});
         }},
        {"an update with a dependant", have_all,
         [](Scene& scene) { return scene.install({newer_base()}); }},
        {"an update that does not become healthy",
         [](Scene& scene) {
             have_all(scene);
             scene.retry = true;
             const auto plan = must(scene.install({newer_base()}, true)).plan;
             for (const auto& [name, spec] : plan.specs)
                 scene.services.never_ready_containers.insert(spec.container.podman_name);
             scene.services.never_ready_containers.erase(scene.installed()
                                                             .find(plan.add.front().description.id)
                                                             ->containers[1]
                                                             .podman_name);
         },
         [](Scene& scene) { return scene.install({newer_base()}); }, true},
        {"a bundle of a registry",
         [](Scene& scene) {
             scene.have({bundles().base});
             fill_registry(scene);
         },
         [](Scene& scene) { return scene.install({remote_bundle()}); }},
        {"a bundle with Debian packages",
         [](Scene& scene) {
             scene.have({bundles().base});
             fill_sources(scene);
         },
         [](Scene& scene) { return scene.install_with_packages({tool_bundle()}); }},
        {"a bundle with Debian packages that does not become healthy",
         [](Scene& scene) {
             scene.have({bundles().base});
             fill_sources(scene);
             scene.retry = true;
             scene.services.never_ready.insert("hammer.service");
         },
         [](Scene& scene) { return scene.install_with_packages({tool_bundle()}); }, true},
        {"a removal", have_all,
         [](Scene& scene) {
             return scene.remove({"base", "view"});
         }},
        {"an update with an init container",
         [](Scene& scene) { have_data(scene, {data_bundles().base}); },
         [](Scene& scene) {
             write_maps(scene, "migrated");
             return scene.install({data_bundles().newer});
         }},
        {"an update whose init container fails",
         [](Scene& scene) {
             have_data(scene, {data_bundles().base});
             scene.retry = true;
         },
         [](Scene& scene) {
             write_maps(scene, "spoilt", 1);
             return scene.install({data_bundles().newer});
         },
         true},
        {"an update whose only container on the volume is another one",
         [](Scene& scene) { have_data(scene, {data_bundles().lone}); },
         [](Scene& scene) {
             write_maps(scene, "migrated");
             return scene.install({data_bundles().renamed});
         }},
        {"a rollback with data",
         [](Scene& scene) {
             have_data(scene, {data_bundles().base});
             write_maps(scene, "migrated");
             scene.have({data_bundles().newer});
         },
         roll_back},
        {"a bundle with a file provider",
         [](Scene& scene) {
             scene.engine.image_files = file_bundles().image;
             scene.initialise();
         },
         [](Scene& scene) { return scene.install({file_bundles().chart}); }},
        {"an update with a file provider",
         [](Scene& scene) { have_files(scene, {file_bundles().chart}); },
         [](Scene& scene) { return scene.install({file_bundles().newer}); }},
        {"a removal with a file provider",
         [](Scene& scene) { have_files(scene, {file_bundles().chart}); },
         [](Scene& scene) { return scene.remove({"chart"}); }},
        {"a rollback with a file provider",
         [](Scene& scene) {
             have_files(scene, {file_bundles().chart});
             scene.have({file_bundles().newer});
         },
         roll_back},
        {"a bundle whose images are mounted", [](Scene& scene) { scene.initialise(); },
         [](Scene& scene) { return scene.install({store_bundles().base}); }},
        {"an update of a bundle whose images are mounted",
         [](Scene& scene) {
             scene.have({store_bundles().base, store_bundles().clock});
         },
         [](Scene& scene) { return scene.install({store_bundles().newer}); }},
        {"an update by a delta of mounted images",
         [](Scene& scene) { scene.have({store_bundles().base}); },
         [](Scene& scene) { return scene.install({store_bundles().delta}); }},
        {"an update from unpacked to mounted images",
         [](Scene& scene) { scene.have({bundles().base}); },
         [](Scene& scene) { return scene.install({store_bundles().newer}); }},
        {"a removal of a bundle whose images are mounted",
         [](Scene& scene) {
             scene.configuration.keep_generations = 1;
             scene.have({store_bundles().base, store_bundles().clock});
         },
         [](Scene& scene) { return scene.remove({"base"}); }},
        {"a rollback to mounted images",
         [](Scene& scene) {
             scene.have({store_bundles().base});
             scene.have({newer_base()});
         },
         roll_back},
        {"a rollback",
         [](Scene& scene) {
             have_all(scene);
             scene.have({newer_base()});
         },
         roll_back},
    };
    return all;
}

Snapshot lasting(Snapshot snapshot) {
    for (auto& [name, unit] : snapshot.running) {
        unit.invocation.clear();
        unit.pid = 0;
    }
    // Started by whoever starts anything, whatever set is there.
    for (const auto* unit : {"installed-bundles.target", "update-agent-store.service"})
        snapshot.running.erase(unit);
    return snapshot;
}

Knowledge knowledge_of(const Scene& scene) {
    const store::Generations generations(scene.paths());
    return {.floors = must(store::read_floors(scene.paths())),
            .confirmed = must(generations.read_state(must(generations.current()))).confirmed};
}

Ends ends_of(const MortalOperation& operation, const Scene& arranged) {
    Scene scene(arranged);
    Ends ends{.before = lasting(scene.snapshot()),
              .after = {},
              .known_before = knowledge_of(scene),
              .known_after = {}};
    Faults::die_at(0);
    scene.faults.dead = [] { return Faults::further_call(); };
    const auto result = operation.run(scene);
    ends.calls = Faults::count();
    Faults::disarm();
    REQUIRE(result.has_value() != operation.fails);
    ends.after = lasting(scene.snapshot());
    ends.known_after = knowledge_of(scene);
    return ends;
}

void boot(Scene& scene) {
    ++scene.machine.boots;
    scene.services.boot();
    scene.devices.notes.clear();
    lose_mounts(scene);
    must(operations::publish_images(scene.context()));
    must(operations::recover(scene.context()));
    must(operations::recreate(scene.context(), true));
    must(operations::startup(scene.context()));
    must(scene.services.start({"installed-bundles.target"}, {}));
    if (store::has_journal(scene.paths()))
        if (const auto confirmed = operations::confirm(scene.context()); !confirmed)
            CHECK(confirmed.error().code() == ErrorCode::unhealthy);
}

namespace {

/// As of both ends: a set that was made again has another number, and its units have other links.
Snapshot comparable(Snapshot snapshot) {
    std::map<std::string, std::string> files;
    for (const auto& [name, content] : snapshot.files)
        if (name.starts_with("opt/operation/update-agent/bundles/") ||
            (name.starts_with("opt/data/") && name.find("/.update-agent") == std::string::npos))
            files.emplace(name, content);
    snapshot.files = std::move(files);
    return snapshot;
}

}  // namespace

void check_no_leftovers(const Scene& scene) {
    for (const auto& [name, content] : scene.snapshot().files) {
        INFO(name);
        CHECK(name.find("/.new-") == std::string::npos);
        CHECK(name.find("/.gone-") == std::string::npos);
    }
}

void check_settled(const Scene& scene, const Ends& ends) {
    CHECK_FALSE(store::has_journal(scene.paths()));
    CHECK(scene.engine.mounted.empty());
    const store::Generations generations(scene.paths());
    const auto current = must(generations.current());
    must(generations.installed());
    CHECK(scene.services.loaded == must(generations.read_units(current)));
    const auto now = lasting(scene.snapshot());
    const bool old_one = now.loaded == ends.before.loaded;
    const auto& end = old_one ? ends.before : ends.after;
    INFO(difference(comparable(end), comparable(now)));
    CHECK(comparable(now) == comparable(end));
    const auto& knowledge = old_one ? ends.known_before : ends.known_after;
    CHECK(must(store::read_floors(scene.paths())) == knowledge.floors);
    CHECK(must(generations.read_state(current)).confirmed == knowledge.confirmed);
}

}  // namespace test
