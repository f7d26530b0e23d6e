// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/attach_images.hpp"

#include "agent/model/images.hpp"
#include "agent/model/store_mount.hpp"
#include "agent/operations/doctor.hpp"
#include "agent/operations/status.hpp"
#include "agent/operations/verify.hpp"
#include "tests/unit/operations/journal_cases.hpp"
#include "tests/unit/operations/store_cases.hpp"

using namespace test;

namespace {

std::set<std::string> image_ids(const model::InstalledSet& set) {
    std::set<std::string> ids;
    for (const auto& [id, bundle] : set.bundles)
        for (const auto& image : model::images_of(bundle.description))
            ids.insert(image.id->hex());
    return ids;
}

std::filesystem::path kept_store(const Scene& scene) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scene.paths().bundles()))
        if (entry.path().extension() == ".sqfs") return entry.path();
    FAIL("no store is kept");
    return {};
}

bool called(const Scene& scene, const std::string& call) {
    const auto& calls = scene.faults.calls();
    return std::find(calls.begin(), calls.end(), call) != calls.end();
}

void damage(const std::filesystem::path& file) {
    auto text = read_text(file);
    text.back() ^= 1;
    write_text(file, text);
}

model::ErrorCode code_of(const Result<operations::Outcome>& result) {
    REQUIRE_FALSE(result.has_value());
    return result.error().code();
}

}  // namespace

TEST_CASE("Images in a store are mounted and seen, and nothing is brought into the engine's own") {
    Scene scene;
    scene.have({store_bundles().base});
    CHECK(scene.engine.mounted_images() == image_ids(scene.installed()));
    CHECK(scene.engine.image_names.empty());
    CHECK_FALSE(called(scene, "engine.pull_layout"));
    CHECK_FALSE(called(scene, "engine.tag"));
    CHECK(scene.engine.image_store_used);
    CHECK(scene.active("broker.service"));
    const auto set = scene.installed();
    const auto& store = set.find(*model::BundleId::parse("base"))->store;
    REQUIRE(store.has_value());
    CHECK_FALSE(store->verity);
    CHECK(scene.image_mounts.made.size() == 1);
    CHECK_FALSE(scene.image_mounts.made.front().verity);
}

TEST_CASE("A machine that never had a mounted image has nothing of it") {
    Scene scene;
    scene.have({bundles().base});
    scene.remove({"base"});
    CHECK_FALSE(std::filesystem::exists(scene.paths().image_stores()));
    CHECK_FALSE(scene.engine.image_store_used);
    CHECK_FALSE(called(scene, "mounts.mounted"));
}

TEST_CASE("A boot leaves podman's configuration alone where no bundle has a store") {
    Scene scene;
    scene.have({bundles().base});
    // As the package makes it.
    std::filesystem::create_directories(scene.paths().store_mounts());
    std::filesystem::create_directory_symlink("empty", scene.paths().merged_store());
    must(operations::publish_images(scene.context()));
    CHECK_FALSE(scene.engine.image_store_used);
    CHECK_FALSE(called(scene, "mounts.mounted"));
}

TEST_CASE("What a store has is seen until no kept generation needs it") {
    Scene scene;
    scene.configuration.keep_generations = 1;
    scene.have({store_bundles().base, store_bundles().clock});
    const auto file = kept_store(scene);
    must(scene.remove({"base"}));
    CHECK(scene.engine.mounted_images() == image_ids(scene.installed()));
    must(scene.remove({"clock"}));
    CHECK(scene.engine.mounted_images().empty());
    CHECK_FALSE(std::filesystem::exists(file));
    CHECK(std::filesystem::is_empty(scene.paths().store_mounts()));
}

TEST_CASE("A bundle whose images are mounted takes the place of one whose images are unpacked") {
    Scene scene;
    scene.configuration.keep_generations = 1;
    SECTION("and what was unpacked stays as long as containers may have been created from it") {
        scene.have({bundles().base});
        const auto before = scene.installed();
        scene.have({store_bundles().newer});
        CHECK(scene.engine.image_names.size() == 2);
        CHECK(scene.engine.mounted_images() == image_ids(scene.installed()));
        // The bridge is described as before, and yet another container: its image is elsewhere.
        CHECK(scene.installed().bundles.begin()->second.containers[1].podman_name !=
              before.bundles.begin()->second.containers[1].podman_name);
        must(scene.remove({"base"}));
        CHECK(scene.engine.image_names.empty());
    }
    SECTION("and the other way round") {
        scene.have({store_bundles().base});
        scene.have({newer_base()});
        CHECK(scene.engine.mounted_images().empty());
        CHECK(scene.engine.image_names.size() == 2);
    }
}

TEST_CASE("An update from store to store restarts what changed, and nothing else") {
    Scene scene;
    scene.have({store_bundles().base});
    const auto invocation = [&](const std::string& unit) {
        return scene.services.units.at(unit).invocation;
    };
    const auto broker = invocation("broker.service");
    const auto bridge = invocation("bridge.service");
    scene.have({store_bundles().newer});
    CHECK(invocation("broker.service") == broker);
    CHECK(invocation("bridge.service") != bridge);
}

TEST_CASE("A rollback mounts what has been unmounted meanwhile") {
    Scene scene;
    scene.have({store_bundles().base});
    const auto before = image_ids(scene.installed());
    scene.have({newer_base()});
    lose_mounts(scene);
    must(operations::change(
        scene.context(),
        {.operation = "rollback", .install = {}, .remove = {}, .restore = operations::Restore{}}));
    CHECK(scene.engine.mounted_images() == before);
}

TEST_CASE("A file that an installation has replaced is the one that is read from then on") {
    Scene scene;
    scene.have({store_bundles().base, store_bundles().clock});
    must(scene.remove({"clock"}));
    const auto mounted = scene.image_mounts.made.size();
    SECTION("by mounting it again") {
        must(scene.install({store_bundles().clock}));
        CHECK(scene.image_mounts.made.size() == mounted + 1);
        CHECK(scene.engine.mounted_images() == image_ids(scene.installed()));
        CHECK(scene.progress.warnings.empty());
        CHECK(scene.active("ticker.service"));
    }
    SECTION("unless somebody has what was mounted, which is told") {
        scene.image_mounts.reads_replaced_files = true;
        must(scene.install({store_bundles().clock}));
        CHECK(has(scene.progress.warnings.back(), "clock_0.1.0: its images are still read from"));
        CHECK(scene.active("ticker.service"));
    }
}

TEST_CASE("What runs keeps the images that it has when their file is replaced by hand") {
    Scene scene;
    scene.have({store_bundles().base});
    const auto file = kept_store(scene);
    const auto text = read_text(file);
    std::filesystem::remove(file);
    write_text(file, text);
    must(operations::publish_images(scene.context()));
    CHECK(scene.image_mounts.made.size() == 1);
    CHECK(has(scene.progress.warnings.back(), "start the machine anew"));
    CHECK(scene.engine.mounted_images() == image_ids(scene.installed()));
}

TEST_CASE("A block that the kernel found damaged is told with its bundle, whatever runs") {
    Scene scene;
    scene.have({store_bundles().base, bundles().clock});
    const auto damaged = [&] { return must(operations::status(scene.context())).bundles; };
    for (const auto& bundle : damaged())
        CHECK_FALSE(bundle.images_damaged.has_value());
    const auto where = scene.paths().store_mounts() /
                       model::store_mount_name(scene.installed().bundles.begin()->second.digest);
    for (const bool found : {false, true}) {
        scene.image_mounts.damage[where] = found;
        CHECK(damaged()[0].images_damaged == found);
        CHECK_FALSE(damaged()[1].images_damaged.has_value());
        CHECK(damaged()[0].condition == operations::Condition::running);
    }
    auto offline = scene.context();
    offline.offline = true;
    CHECK_FALSE(must(operations::status(offline)).bundles[0].images_damaged.has_value());
}

TEST_CASE("Images that are not mounted are told with their bundle") {
    Scene scene;
    scene.have({store_bundles().base, bundles().clock});
    const auto mounted = [&] {
        std::vector<std::optional<bool>> told;
        for (const auto& bundle : must(operations::status(scene.context())).bundles)
            told.push_back(bundle.images_mounted);
        return told;
    };
    CHECK(mounted() == std::vector<std::optional<bool>>{true, std::nullopt});
    lose_mounts(scene);
    CHECK(mounted() == std::vector<std::optional<bool>>{false, std::nullopt});
}

TEST_CASE("A bundle whose image store's file is gone is not said to be installed") {
    Scene scene;
    scene.have({store_bundles().base});
    CHECK(must(scene.install({store_bundles().base})).plan.unchanged.size() == 1);
    const auto file = kept_store(scene);
    std::filesystem::remove(file);
    const auto again = scene.install({store_bundles().base});
    CHECK(code_of(again) == model::ErrorCode::conflict);
    CHECK(again.error().text().find(file.string()) != std::string::npos);
    CHECK(again.error().text().find("'update-agent verify' says how") != std::string::npos);
}

TEST_CASE("systemd forgets that a mount failed whose bundle is removed") {
    Scene scene;
    scene.have({store_bundles().base});
    const auto& loaded = scene.services.loaded;
    const auto mount = std::find_if(loaded.begin(), loaded.end(), [](const auto& unit) {
        return unit.first.ends_with(".mount");
    });
    REQUIRE(mount != loaded.end());
    const auto name = mount->first;
    scene.services.units[name].active = "failed";
    must(scene.remove({"base"}));
    CHECK(scene.services.loaded.count(name) == 0);
    CHECK(scene.services.units[name].active == "inactive");
}

TEST_CASE("Calls that mount something hold the lock of their operation") {
    Scene scene;
    int during = -1;
    scene.progress.at_step = [&](const std::string&) {
        during = std::max(during, scene.image_mounts.kept_open);
    };
    must(scene.install({store_bundles().base}));
    CHECK(during >= 0);
    CHECK(scene.image_mounts.kept_open == -1);
}

TEST_CASE("The kernel verifies the images where it can and may") {
    using agent::config::ImageIntegrity;
    Scene scene;
    scene.image_mounts.supported.verity = true;
    const auto verified = [&] { return scene.installed().bundles.begin()->second.store->verity; };
    SECTION("and then they are not hashed") {
        scene.have({store_bundles().base});
        CHECK(verified());
        CHECK(scene.image_mounts.made.front().verity);
        CHECK_FALSE(std::filesystem::exists(kept_store(scene).parent_path() / "checked"));
    }
    SECTION("unless the configuration wants them hashed") {
        scene.configuration.image_integrity = ImageIntegrity::hash;
        scene.have({store_bundles().base});
        CHECK_FALSE(verified());
        CHECK_FALSE(scene.image_mounts.made.front().verity);
        CHECK(std::filesystem::exists(kept_store(scene).parent_path() / "checked"));
    }
    SECTION("and where it fails to, they are hashed, which is told") {
        scene.image_mounts.verity_failure =
            model::Error(model::ErrorCode::internal, "device-mapper: no such target");
        scene.have({store_bundles().base});
        CHECK_FALSE(scene.image_mounts.made.front().verity);
        CHECK(has(scene.progress.warnings.back(), "dm-verity cannot be used"));
        CHECK(std::filesystem::exists(kept_store(scene).parent_path() / "checked"));
    }
    SECTION("unless the configuration insists") {
        scene.configuration.image_integrity = ImageIntegrity::verity;
        scene.image_mounts.verity_failure =
            model::Error(model::ErrorCode::internal, "device-mapper: no such target");
        const auto before = scene.snapshot();
        CHECK(code_of(scene.install({store_bundles().base})) == model::ErrorCode::internal);
        CHECK(difference(before, scene.snapshot()).find("image") == std::string::npos);
        CHECK(scene.engine.mounted_images().empty());
    }
    SECTION("and a root hash that is not the content's is told as such") {
        scene.image_mounts.verity_failure =
            model::Error(model::ErrorCode::invalid, "the root hash does not fit");
        const auto result = scene.install({store_bundles().base});
        CHECK(code_of(result) == model::ErrorCode::invalid);
        CHECK(has(result.error().text(), "make the bundle again"));
        CHECK(scene.engine.mounted_images().empty());
    }
}

TEST_CASE("Where dm-verity is wanted and not there, a bundle with a store is refused") {
    Scene scene;
    scene.configuration.image_integrity = agent::config::ImageIntegrity::verity;
    const auto result = scene.install({store_bundles().base});
    CHECK(code_of(result) == model::ErrorCode::conflict);
    CHECK(has(result.error().text(), "dm-verity"));
    CHECK(scene.installed().bundles.empty());
}

TEST_CASE("Where images cannot be mounted, or not be seen, a bundle with a store is refused") {
    Scene scene;
    const auto before = [&] {
        scene.initialise();
        return scene.snapshot();
    }();
    SECTION("by the kernel") {
        scene.image_mounts.supported.problem = "the kernel has no squashfs";
        const auto result = scene.install({store_bundles().base});
        CHECK(code_of(result) == model::ErrorCode::conflict);
        CHECK(has(result.error().text(), "the kernel has no squashfs"));
        CHECK(has(result.error().text(), "--images=oci"));
    }
    SECTION("by an administrator's configuration of podman") {
        scene.engine.image_store_obstacle = "add LINE to /etc/containers/storage.conf";
        const auto result = scene.install({store_bundles().base});
        CHECK(code_of(result) == model::ErrorCode::conflict);
        CHECK(has(result.error().text(), "add LINE"));
    }
    CHECK(difference(before, scene.snapshot()).empty());
    must(scene.install({bundles().base}));
}

TEST_CASE("What cannot be mounted is undone, and what others have stays") {
    Scene scene;
    scene.have({store_bundles().clock});
    const auto before = scene.snapshot();
    scene.image_mounts.failure =
        model::Error(model::ErrorCode::internal, "mount: no loop device is free");
    const auto result = scene.install({store_bundles().base});
    CHECK(code_of(result) == model::ErrorCode::internal);
    CHECK(has(result.error().text(), "no loop device is free"));
    CHECK(difference(before, scene.snapshot()).empty());
}

TEST_CASE("A boot mounts and shows what is kept, and tells what it cannot") {
    Scene scene;
    scene.have({store_bundles().base, store_bundles().clock});
    lose_mounts(scene);
    REQUIRE(scene.engine.mounted_images().empty());
    SECTION("all of it") {
        must(operations::publish_images(scene.context()));
        CHECK(scene.engine.mounted_images() == image_ids(scene.installed()));
    }
    SECTION("but what is damaged") {
        const auto file = kept_store(scene);
        damage(file);
        std::filesystem::remove(file.parent_path() / "checked");
        must(operations::publish_images(scene.context()));
        CHECK(scene.engine.mounted_images().size() < image_ids(scene.installed()).size());
        CHECK_FALSE(scene.engine.mounted_images().empty());
        CHECK(has(scene.progress.warnings.back(), "it is damaged, see"));
    }
}

TEST_CASE("Images that are not mounted are a defect, which is mended") {
    Scene scene;
    scene.have({store_bundles().base});
    lose_mounts(scene);
    const auto look = must(operations::verify(scene.context(), true));
    CHECK(scene.engine.mounted_images() == image_ids(scene.installed()));
    bool told = false;
    for (const auto& defect : look.defects)
        told = told || (has(defect.text, "not mounted") && defect.repaired);
    CHECK(told);
}

TEST_CASE("Unpacked images that a set with mounted ones lacks are restored as before") {
    Scene scene;
    scene.have({store_bundles().base, bundles().clock});
    scene.engine.image_names.clear();
    const auto look = must(operations::verify(scene.context(), true));
    CHECK(scene.engine.image_names.size() == 1);
}

TEST_CASE("A store that somebody has built on stays, with its bundle's file, until nobody does") {
    Scene scene;
    scene.configuration.keep_generations = 1;
    scene.have({store_bundles().base, store_bundles().clock});
    const auto layers = must(operations::attached_layers(scene.context(), "base_1.0.0"));
    REQUIRE(layers.size() == 2);
    scene.engine.built_on[*layers.begin()] = "image localhost/mine:1";
    must(scene.remove({"base"}));
    CHECK(has(scene.progress.warnings.back(), "base_1.0.0 stay mounted: image localhost/mine:1"));
    CHECK(scene.engine.mounted_images().size() == 3);
    scene.engine.built_on.clear();
    must(scene.remove({"clock"}));
    CHECK(scene.engine.mounted_images().empty());
    CHECK(std::filesystem::is_empty(scene.paths().bundles()));
}
